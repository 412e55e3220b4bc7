import type { Effects } from '../effects/effects.ts';

export interface OutgoingMessage {
  readonly eventId: string;
  /** The message's data as text. */
  readonly body: string;
  /** The trace that the fact became true in: it travels beside the data, as an attribute. */
  readonly traceparent?: string | null;
}

/** A message's attributes. */
export function attributesOf({ eventId, traceparent = null }: OutgoingMessage): Record<string, string> {
  return traceparent === null ? { eventId } : { eventId, traceparent };
}

/** Sends messages to a topic; resolves when all of them are kept by Pub/Sub, and throws when any may not be. */
export interface Publisher {
  publish(topic: string, messages: readonly OutgoingMessage[]): Promise<void>;
  close(): Promise<void>;
}

export interface PubSubOptions {
  readonly projectId: string;
  /** `http://host:port` of the emulator or the local relay; null for the cloud. */
  readonly endpoint: string | null;
}

/**
 * The real client, over REST: the same protocol reaches the cloud, Google's emulator and the local relay. The client
 * is heavy and loads at the first publish. Its own retries are off: the sweeper is the one layer that retries.
 */
export function pubSubPublisher(options: PubSubOptions, effects: Effects): Publisher {
  let opening: ReturnType<typeof openClient> | undefined;
  return {
    async publish(topic, messages) {
      opening ??= openClient(options);
      const client = await opening;
      await effects.perform({ kind: 'publish', name: topic }, () =>
        client.publish(
          {
            topic: `projects/${options.projectId}/topics/${topic}`,
            messages: messages.map((message) => ({
              data: Buffer.from(message.body),
              attributes: attributesOf(message),
            })),
          },
          { timeout: 15_000, maxRetries: 0 },
        ),
      );
    },
    async close() {
      if (opening) await (await opening).close();
    },
  };
}

async function openClient(options: PubSubOptions) {
  const { v1 } = await import('@google-cloud/pubsub');
  return new v1.PublisherClient(await clientOptions(options.endpoint));
}

/** The settings that lead one of Google's clients to the cloud, or over REST to what stands for it. */
export async function clientOptions(endpoint: string | null) {
  if (endpoint === null) return { fallback: true };
  const { PassThroughClient } = await import('google-auth-library');
  const address = new URL(endpoint);
  return {
    fallback: true,
    protocol: address.protocol.slice(0, -1),
    apiEndpoint: address.hostname,
    port: Number.parseInt(address.port || '80', 10),
    authClient: new PassThroughClient(),
  };
}
