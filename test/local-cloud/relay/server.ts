import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import type { Effects } from '../../../shared/effects/effects.ts';
import { close, listen } from '../stack/listen.ts';
import { Delivery } from './delivery.ts';
import type { Disturbance } from './disturbance.ts';
import { openRelayStore, type RelayStore } from './store.ts';
import { DEAD_LETTER_TOPIC, type Subscription } from './subscriptions.ts';

export interface RelayOptions {
  /** Where the relay keeps messages. */
  readonly databaseUrl: string;
  readonly project: string;
  readonly subscriptions: readonly Subscription[];
  /** Topics beside those that have a subscription. */
  readonly topics: readonly string[];
  readonly endpointOf: (subscription: Subscription) => string;
  readonly effects: Effects;
  readonly backoff: { readonly minimumMs: number; readonly maximumMs: number };
  readonly disturbance?: Disturbance;
}

export interface Relay {
  /** Address for PUBSUB_ENDPOINT. */
  readonly url: string;
  /** Starts to deliver, with what an earlier relay on the same database still owed. */
  start(): Promise<void>;
  /** Whether everything was delivered within the time. */
  idle(timeoutMs: number): Promise<boolean>;
  stop(): Promise<void>;
}

const MAX_BODY_BYTES = 10_000_000;
const PUBLISH_PATH = /^\/v1\/projects\/([^/]+)\/topics\/([^/:]+):publish$/;

const GET_PATH = /^\/v1\/projects\/([^/]+)\/(topics|subscriptions)\/([^/:]+)$/;

/** https://cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish */
const publishSchema = z.object({
  messages: z
    .array(z.object({ data: z.base64().default(''), attributes: z.record(z.string(), z.string()).default({}) }))
    .min(1)
    .max(1_000),
});

/** A request that Pub/Sub refuses, in Google's words for the code. */
class Refusal extends Error {
  readonly status: number;
  readonly code: string;

  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/**
 * Pub/Sub's part in the local cloud: takes `publish` over REST, keeps the messages, and pushes them to the functions in
 * Pub/Sub's envelope, with its retries and dead letters.
 */
export async function startRelay(options: RelayOptions): Promise<Relay> {
  const store = await openRelayStore(options.databaseUrl, () => options.effects.now());
  const delivery = new Delivery({ ...options, store });
  const topics = new Set([...options.topics, ...options.subscriptions.map(({ topic }) => topic), DEAD_LETTER_TOPIC]);
  const server = createServer((request, response) => {
    answer(request, { options, store, delivery, topics }).then(
      (body) => reply(response, 200, body),
      (error: unknown) => refuse(response, error),
    );
  });
  const port = await listen(server, 0);
  return {
    url: `http://127.0.0.1:${port}`,
    start: async () => delivery.offer(await store.owed(options.subscriptions.map(({ name }) => name))),
    idle: (timeoutMs) => delivery.idle(timeoutMs),
    stop: () => stop(server, delivery, store),
  };
}

async function stop(server: Server, delivery: Delivery, store: RelayStore): Promise<void> {
  await delivery.stop();
  await close(server);
  await store.close();
}

interface Open {
  readonly options: RelayOptions;
  readonly store: RelayStore;
  readonly delivery: Delivery;
  readonly topics: ReadonlySet<string>;
}

async function answer(request: IncomingMessage, { options, store, delivery, topics }: Open): Promise<object> {
  const path = decodeURIComponent(new URL(request.url ?? '/', 'http://relay.invalid').pathname);
  if (request.method === 'GET') return describe(path, options, topics);
  const [, project, topic = ''] = PUBLISH_PATH.exec(path) ?? [];
  if (request.method !== 'POST' || project === undefined) {
    throw new Refusal(
      404,
      'NOT_FOUND',
      `The local relay knows POST /v1/projects/P/topics/T:publish, not ${request.method} ${path}.`,
    );
  }
  if (project !== options.project || !topics.has(topic)) {
    throw new Refusal(404, 'NOT_FOUND', `Resource not found (resource=${topic}).`);
  }
  const { messages } = parseRequest(await bodyOf(request));
  const receivers = options.subscriptions.filter((subscription) => subscription.topic === topic);
  const published = await store.publish(
    topic,
    messages,
    receivers.map(({ name }) => name),
  );
  delivery.offer(published.owed);
  return { messageIds: published.messageIds };
}

/** What there is, as `topics.get` and `subscriptions.get` answer it. */
function describe(path: string, options: RelayOptions, topics: ReadonlySet<string>): object {
  const [, project = '', kind, name = ''] = GET_PATH.exec(path) ?? [];
  const subscription = options.subscriptions.find((one) => one.name === name);
  if (project === options.project && kind === 'topics' && topics.has(name)) return { name: path.slice('/v1/'.length) };
  if (project === options.project && kind === 'subscriptions' && subscription !== undefined) {
    return { name: path.slice('/v1/'.length), topic: `projects/${project}/topics/${subscription.topic}` };
  }
  throw new Refusal(404, 'NOT_FOUND', `Resource not found (resource=${name}).`);
}

function parseRequest(body: string): z.output<typeof publishSchema> {
  try {
    return publishSchema.parse(JSON.parse(body));
  } catch (error) {
    const detail = error instanceof z.ZodError ? z.prettifyError(error) : String(error);
    throw new Refusal(400, 'INVALID_ARGUMENT', `Invalid JSON payload received. ${detail}`);
  }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) throw new Refusal(400, 'INVALID_ARGUMENT', 'The request is larger than 10 MB.');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function refuse(response: ServerResponse, error: unknown): void {
  const { status, code } = error instanceof Refusal ? error : { status: 503, code: 'UNAVAILABLE' };
  const message = error instanceof Error ? error.message : String(error);
  reply(response, status, { error: { code: status, message, status: code } });
}

function reply(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=UTF-8' }).end(JSON.stringify(body));
}
