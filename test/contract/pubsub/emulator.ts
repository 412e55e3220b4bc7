import { execFileSync, spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PubSub } from '@google-cloud/pubsub';
import { freePort } from '../../local-cloud/postgres/server.ts';
import { DEAD_LETTER_TOPIC, type Subscription } from '../../local-cloud/relay/subscriptions.ts';
import { stopPart, untilReady } from '../real-part.ts';

const JAVA = 'java';
const FOLDER = '/usr/lib/google-cloud-sdk/platform/pubsub-emulator/lib';
const DEADLINE_SECONDS = 10;

/** The jar of Google's emulator: `DAYBOOK_PUBSUB_EMULATOR`, or where Google's Debian package puts it. */
export function findEmulator():
  | { readonly kind: 'found'; readonly jar: string }
  | { readonly kind: 'missing'; readonly why: string } {
  const named = process.env.DAYBOOK_PUBSUB_EMULATOR;
  const jar = named !== undefined && named !== '' ? named : packagedJar();
  if (jar === undefined || !existsSync(jar)) {
    return {
      kind: 'missing',
      why: 'the Pub/Sub emulator is not on this machine; .ci/real-parts/pubsub-emulator.sh obtains it',
    };
  }
  try {
    execFileSync(JAVA, ['-version'], { stdio: 'ignore' });
  } catch (error) {
    return { kind: 'missing', why: `the Pub/Sub emulator needs Java: ${String(error)}` };
  }
  return { kind: 'found', jar };
}

function packagedJar(): string | undefined {
  if (!existsSync(FOLDER)) return undefined;
  const name = readdirSync(FOLDER).find((file) => /^cloud-pubsub-emulator-.*\.jar$/.test(file));
  return name === undefined ? undefined : join(FOLDER, name);
}

export interface Emulator {
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the emulator on a free port, with the subscriptions and their dead letters made through the real client. */
export async function startEmulator(
  jar: string,
  project: string,
  subscriptions: readonly Subscription[],
  endpointOf: (subscription: Subscription) => string,
): Promise<Emulator> {
  const port = await freePort();
  const child = spawn(JAVA, ['-jar', jar, '--host=127.0.0.1', `--port=${port}`], {
    env: { ...process.env, METADATA_SERVER_DETECTION: 'none' },
    stdio: 'ignore',
  });
  const url = `http://127.0.0.1:${port}`;
  try {
    await untilReady('the Pub/Sub emulator', url, child);
    await createTopology(port, project, subscriptions, endpointOf);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  return { url, stop: () => stopPart(child) };
}

/** Over gRPC: the emulator's REST refuses fields that are younger than it is. */
async function createTopology(
  port: number,
  project: string,
  subscriptions: readonly Subscription[],
  endpointOf: (subscription: Subscription) => string,
): Promise<void> {
  // There are no credentials to look for; without this the client asks a metadata server first.
  process.env.METADATA_SERVER_DETECTION ??= 'none';
  const pubSub = new PubSub({ projectId: project, apiEndpoint: `127.0.0.1:${port}`, emulatorMode: true });
  for (const topic of new Set([DEAD_LETTER_TOPIC, ...subscriptions.map(({ topic }) => topic)])) {
    await pubSub.createTopic(topic);
  }
  for (const subscription of subscriptions) {
    const { name, topic, maxDeliveryAttempts } = subscription;
    const deadLetterTopic = `projects/${project}/topics/${DEAD_LETTER_TOPIC}`;
    await pubSub.createSubscription(topic, name, {
      ackDeadlineSeconds: DEADLINE_SECONDS,
      pushEndpoint: endpointOf(subscription),
      retryPolicy: { minimumBackoff: { seconds: 0, nanos: 100_000_000 }, maximumBackoff: { seconds: 1 } },
      ...(maxDeliveryAttempts === null ? {} : { deadLetterPolicy: { deadLetterTopic, maxDeliveryAttempts } }),
    });
  }
  await pubSub.close();
}
