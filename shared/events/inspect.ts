import type { Effects } from '../effects/effects.ts';
import { clientOptions, type PubSubOptions } from './publisher.ts';

/** What Pub/Sub has of what is expected there. */
export interface MessageParts {
  readonly topics: readonly string[];
  readonly subscriptions: readonly string[];
}

const TIMEOUT_MS = 15_000;
/** google.rpc.Code. */
const NOT_FOUND = 5;

/** Asks Pub/Sub for each topic and subscription, and gives back those that are not there. Throws when it cannot be asked. */
export async function missingParts(
  options: PubSubOptions,
  effects: Effects,
  expected: MessageParts,
): Promise<MessageParts> {
  const { v1 } = await import('@google-cloud/pubsub');
  const settings = await clientOptions(options.endpoint);
  const publisher = new v1.PublisherClient(settings);
  const subscriber = new v1.SubscriberClient(settings);
  const call = { timeout: TIMEOUT_MS, maxRetries: 0 };
  const project = `projects/${options.projectId}`;
  try {
    const topics = await absent(expected.topics, (name) =>
      effects.perform({ kind: 'http', name: 'pubsub GET topics' }, () =>
        publisher.getTopic({ topic: `${project}/topics/${name}` }, call),
      ),
    );
    const subscriptions = await absent(expected.subscriptions, (name) =>
      effects.perform({ kind: 'http', name: 'pubsub GET subscriptions' }, () =>
        subscriber.getSubscription({ subscription: `${project}/subscriptions/${name}` }, call),
      ),
    );
    return { topics, subscriptions };
  } finally {
    await Promise.all([publisher.close(), subscriber.close()]);
  }
}

async function absent(names: readonly string[], ask: (name: string) => Promise<unknown>): Promise<string[]> {
  const missing: string[] = [];
  for (const name of names) {
    try {
      await ask(name);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === NOT_FOUND)) throw error;
      missing.push(name);
    }
  }
  return missing;
}
