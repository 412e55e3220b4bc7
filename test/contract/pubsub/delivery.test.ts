import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { manifest as alertFailures } from '../../../functions/alert-failures/manifest.ts';
import { manifest as validateUsage } from '../../../functions/validate-usage/manifest.ts';
import { systemEffects } from '../../../shared/effects/system.ts';
import { type Publisher, pubSubPublisher } from '../../../shared/events/publisher.ts';
import { parsePush } from '../../../shared/events/push-envelope.ts';
import { startRelay } from '../../local-cloud/relay/server.ts';
import { MAX_DELIVERY_ATTEMPTS, type Subscription, subscriptionsOf } from '../../local-cloud/relay/subscriptions.ts';
import { findEmulator, startEmulator } from './emulator.ts';
import { type SeenPush, type ServedFunctions, serveFunctions } from './served-functions.ts';

const PROJECT = 'daybook-contract';
const PATIENCE = { timeout: 45_000, interval: 50 };

/** A topic that only the witness takes, beside the subscriptions of the manifests. */
const WITNESSED: Subscription = {
  name: 'witnessed.witness',
  topic: 'witnessed',
  functionName: 'witness',
  ackDeadlineSeconds: 10,
  maxDeliveryAttempts: MAX_DELIVERY_ATTEMPTS,
};
const SUBSCRIPTIONS = [WITNESSED, ...subscriptionsOf([validateUsage, alertFailures])];

type Started =
  | { readonly kind: 'started'; readonly publisher: Publisher; stop(): Promise<void> }
  | { readonly kind: 'missing'; readonly why: string };
type Start = (functions: ServedFunctions) => Promise<Started>;

const publisherTo = (endpoint: string) => pubSubPublisher({ projectId: PROJECT, endpoint }, systemEffects());

const startReal: Start = async (functions) => {
  const found = findEmulator();
  if (found.kind === 'missing') return found;
  const emulator = await startEmulator(found.jar, PROJECT, SUBSCRIPTIONS, ({ functionName }) =>
    functions.endpointOf(functionName),
  );
  return { kind: 'started', publisher: publisherTo(emulator.url), stop: () => emulator.stop() };
};

const startStandIn: Start = async (functions) => {
  const { host, port } = functions.owner;
  const relay = await startRelay({
    databaseUrl: `postgres://daybook@${host}:${port}/postgres`,
    project: PROJECT,
    subscriptions: SUBSCRIPTIONS,
    topics: [],
    endpointOf: ({ functionName }) => functions.endpointOf(functionName),
    effects: systemEffects(),
    backoff: { minimumMs: 20, maximumMs: 200 },
  });
  await relay.start();
  return { kind: 'started', publisher: publisherTo(relay.url), stop: () => relay.stop() };
};

describe.each([
  ['Google’s Pub/Sub emulator', startReal],
  ['the local relay', startStandIn],
])('%s', (_name, start) => {
  let functions: ServedFunctions;
  let server: Started = { kind: 'missing', why: 'it was not started' };

  beforeAll(async () => {
    functions = await serveFunctions();
    server = await start(functions);
  }, 180_000);
  afterAll(async () => {
    if (server.kind === 'started') {
      await server.publisher.close();
      await server.stop();
    }
    await functions.stop();
  }, 60_000);

  const dataOf = ({ message }: SeenPush) => Buffer.from(message.data, 'base64').toString('utf8');
  const arrivalsOf = (body: string) => functions.seen.filter((push) => dataOf(push) === body);
  const eventually = <T>(look: () => T | Promise<T>) => vi.waitFor(look, PATIENCE);
  const deadLetterOf = async (text: string) =>
    (await functions.owner.query('select subscription, reason, status from dead_letters where message = $1', [text]))
      .rows;

  test('delivers what the real client publishes in an envelope that our parser reads', async (context) => {
    if (server.kind === 'missing') return context.skip(server.why);
    const { publisher } = server;
    const body = `größer als 1 €: ${randomUUID()}`;
    await publisher.publish('witnessed', [{ eventId: 'e-1', body }]);
    await eventually(() => expect(arrivalsOf(body)).toHaveLength(1));
    const parsed = parsePush(arrivalsOf(body)[0]);
    expect(parsed).toMatchObject({
      kind: 'push',
      push: { data: body, subscription: 'witnessed.witness', attributes: { eventId: 'e-1' } },
    });
    expect(arrivalsOf(body)[0]?.message).toMatchObject({
      messageId: expect.any(String),
      publishTime: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
    });
  });

  test('delivers again after a 500, and no more after a 200', async (context) => {
    if (server.kind === 'missing') return context.skip(server.why);
    const { publisher } = server;
    const body = randomUUID();
    functions.answer = (push) => (arrivalsOf(body).includes(push) && arrivalsOf(body).length < 3 ? 500 : 200);
    await publisher.publish('witnessed', [{ eventId: 'e-2', body }]);
    await eventually(() => expect(arrivalsOf(body)).toHaveLength(3));
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(arrivalsOf(body)).toHaveLength(3);
    expect(new Set(arrivalsOf(body).map(({ message }) => message.messageId)).size).toBe(1);
  });

  test('promise 20: after five failures the message is a dead letter, kept by alert-failures under the subscription that failed', async (context) => {
    if (server.kind === 'missing') return context.skip(server.why);
    const { publisher } = server;
    const body = randomUUID();
    functions.answer = (push) => (dataOf(push) === body ? 500 : 200);
    await publisher.publish('witnessed', [{ eventId: 'e-3', body }]);
    await eventually(async () => expect(await deadLetterOf(body)).toHaveLength(1));
    expect(arrivalsOf(body)).toHaveLength(MAX_DELIVERY_ATTEMPTS);
    expect(await deadLetterOf(body)).toEqual([
      {
        subscription: 'witnessed.witness',
        status: 'waiting',
        reason: expect.stringContaining(`after ${MAX_DELIVERY_ATTEMPTS} deliveries`),
      },
    ]);
  });

  test('promise 11: an event that comes twice is applied once', async (context) => {
    if (server.kind === 'missing') return context.skip(server.why);
    const { publisher } = server;
    const id = randomUUID();
    const data = { region: 'us-central1', source: 'requests', day: '2026-10-14', checkpointId: '1', revision: 1 };
    const body = JSON.stringify({
      id,
      type: 'usage.checkpointed',
      version: 1,
      occurredAt: '2026-10-15T02:00:00.000Z',
      data,
    });
    await publisher.publish('usage.checkpointed', [{ eventId: id, body }]);
    await publisher.publish('usage.checkpointed', [{ eventId: id, body }]);
    const marker = `no event: ${randomUUID()}`;
    await publisher.publish('usage.checkpointed', [{ eventId: 'e-4', body: marker }]);
    await eventually(async () => expect(await deadLetterOf(marker)).toHaveLength(1));
    await eventually(async () => {
      const claimed = await functions.owner.query('select outcome from inbox where event_id = $1', [id]);
      expect(claimed.rows).toEqual([{ outcome: 'applied' }]);
    });
    expect(await deadLetterOf(body)).toEqual([]);
  });

  test('promise 11: what is no event is acknowledged at once and kept with its reason', async (context) => {
    if (server.kind === 'missing') return context.skip(server.why);
    const { publisher } = server;
    const body = `{"id": ${randomUUID()}`;
    await publisher.publish('usage.checkpointed', [{ eventId: 'e-5', body }]);
    await eventually(async () => expect(await deadLetterOf(body)).toHaveLength(1));
    expect(await deadLetterOf(body)).toEqual([
      {
        subscription: 'usage.checkpointed.validate-usage',
        status: 'waiting',
        reason: expect.stringContaining('not JSON'),
      },
    ]);
  });
});
