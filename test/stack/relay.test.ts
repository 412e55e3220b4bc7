import { createServer, type Server } from 'node:http';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest';
import { manifest as alertFailures } from '../../functions/alert-failures/manifest.ts';
import { manifest as validateUsage } from '../../functions/validate-usage/manifest.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { pubSubPublisher } from '../../shared/events/publisher.ts';
import type { Disturbance } from '../local-cloud/relay/disturbance.ts';
import { type Relay, startRelay } from '../local-cloud/relay/server.ts';
import { subscriptionsOf } from '../local-cloud/relay/subscriptions.ts';
import { close, listen } from '../local-cloud/stack/listen.ts';

interface Delivered {
  readonly path: string;
  readonly body: {
    readonly message: {
      readonly data: string;
      readonly messageId: string;
      readonly attributes: Readonly<Record<string, string>>;
    };
    readonly subscription: string;
    readonly deliveryAttempt?: number;
  };
}

/** A receiver that keeps what it gets and answers as told; 200 when told nothing. */
class Receiver {
  readonly delivered: Delivered[] = [];
  answer: (delivered: Delivered) => number = () => 200;
  readonly #server: Server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const delivered: Delivered = {
        path: request.url ?? '',
        body: JSON.parse(Buffer.concat(chunks).toString('utf8')),
      };
      this.delivered.push(delivered);
      const status = this.answer(delivered);
      if (status > 0) response.writeHead(status).end();
    });
  });
  port = 0;

  async open(): Promise<void> {
    this.port = await listen(this.#server, 0);
  }

  close(): Promise<void> {
    return close(this.#server);
  }
}

describe('the push relay', () => {
  const receiver = new Receiver();
  const database = `relay_${crypto.randomUUID().replaceAll('-', '')}`;
  const url = inject('postgresUrl').replace('DATABASE', database);
  const admin = new pg.Client({ connectionString: inject('postgresUrl').replace('DATABASE', 'postgres') });
  const running: Relay[] = [];

  beforeEach(async () => {
    receiver.delivered.length = 0;
    receiver.answer = () => 200;
    if (receiver.port > 0) return;
    await receiver.open();
    await admin.connect();
    await admin.query(`create database ${database}`);
    return () => undefined;
  });
  afterEach(async () => {
    for (const relay of running.splice(0)) await relay.stop();
  });

  async function relay(disturbance?: Disturbance, ackDeadlineSeconds?: number): Promise<Relay> {
    const started = await startRelay({
      databaseUrl: url,
      project: 'daybook-local',
      subscriptions: subscriptionsOf([validateUsage, alertFailures]).map((subscription) => ({
        ...subscription,
        ackDeadlineSeconds: ackDeadlineSeconds ?? subscription.ackDeadlineSeconds,
      })),
      topics: ['invoice.issued'],
      endpointOf: ({ functionName }) => `http://127.0.0.1:${receiver.port}/${functionName}`,
      effects: systemEffects(),
      backoff: { minimumMs: 2, maximumMs: 20 },
      ...(disturbance ? { disturbance } : {}),
    });
    running.push(started);
    return started;
  }

  async function publish(to: Relay, topic: string, ...bodies: readonly string[]): Promise<void> {
    const publisher = pubSubPublisher({ projectId: 'daybook-local', endpoint: to.url }, systemEffects());
    await publisher.publish(
      topic,
      bodies.map((body) => ({ eventId: `event of ${body}`, body })),
    );
    await publisher.close();
  }

  const bodiesOf = (functionName: string) =>
    receiver.delivered
      .filter(({ path }) => path === `/${functionName}`)
      .map(({ body }) => Buffer.from(body.message.data, 'base64').toString('utf8'));

  test('takes what the real client publishes and pushes it in the envelope of Pub/Sub', async () => {
    const started = await relay();
    await started.start();
    await publish(started, 'usage.checkpointed', 'größer als 1 €');
    expect(await started.idle(5_000)).toBe(true);
    expect(bodiesOf('validate-usage')).toEqual(['größer als 1 €']);
    expect(receiver.delivered[0]?.body).toMatchObject({
      subscription: 'projects/daybook-local/subscriptions/usage.checkpointed.validate-usage',
      deliveryAttempt: 1,
      message: { attributes: { eventId: 'event of größer als 1 €' }, messageId: expect.stringMatching(/^\d+$/) },
    });
  });

  test('promise 20: delivers again after a failure, and after five puts the message on the dead letters with its way back', async () => {
    receiver.answer = ({ path }) => (path === '/validate-usage' ? 500 : 204);
    const started = await relay();
    await started.start();
    await publish(started, 'usage.checkpointed', 'unwanted');
    expect(await started.idle(5_000)).toBe(true);
    expect(
      receiver.delivered.filter(({ path }) => path === '/validate-usage').map(({ body }) => body.deliveryAttempt),
    ).toEqual([1, 2, 3, 4, 5]);
    const letters = receiver.delivered.filter(({ path }) => path === '/alert-failures').map(({ body }) => body);
    expect(letters).toHaveLength(1);
    expect(letters[0]?.subscription).toBe('projects/daybook-local/subscriptions/dead-letters.alert-failures');
    expect(letters[0]?.message.attributes).toMatchObject({
      eventId: 'event of unwanted',
      CloudPubSubDeadLetterSourceSubscription: 'usage.checkpointed.validate-usage',
      CloudPubSubDeadLetterSourceSubscriptionProject: 'daybook-local',
      CloudPubSubDeadLetterSourceDeliveryCount: '5',
    });
  });

  test('delivers again what is not acknowledged before the deadline', async () => {
    receiver.answer = ({ body }) => (body.deliveryAttempt === 1 ? 0 : 200);
    const started = await relay(undefined, 1);
    await started.start();
    await publish(started, 'usage.checkpointed', 'slow');
    expect(await started.idle(5_000)).toBe(true);
    expect(bodiesOf('validate-usage')).toEqual(['slow', 'slow']);
  });

  test('promise 10: a message that was confirmed is delivered by the next relay when this one is gone', async () => {
    const first = await relay();
    receiver.answer = () => 500;
    await first.start();
    await publish(first, 'usage.checkpointed', 'kept');
    await first.stop();
    running.length = 0;
    receiver.delivered.length = 0;
    receiver.answer = () => 200;
    const second = await relay();
    await second.start();
    expect(await second.idle(5_000)).toBe(true);
    expect(bodiesOf('validate-usage')).toEqual(['kept']);
    expect(receiver.delivered[0]?.body.deliveryAttempt).toBeGreaterThan(1);
  });

  test('a seed makes the same duplicates and delays, and every message still arrives', async () => {
    const bodies = Array.from({ length: 40 }, (_, index) => `message ${index}`);
    const started = await relay({ seed: 'storm', duplicatePercent: 30, longestDelayMs: 40 });
    await started.start();
    await publish(started, 'usage.checkpointed', ...bodies);
    expect(await started.idle(10_000)).toBe(true);
    const arrived = bodiesOf('validate-usage');
    expect([...new Set(arrived)].sort()).toEqual([...bodies].sort());
    expect(arrived.length).toBeGreaterThan(bodies.length);
    expect(arrived).not.toEqual([...arrived].sort());
  });

  test('refuses an unknown topic and a body that is not a publish request, in the words of Google', async () => {
    const started = await relay();
    await expect(publish(started, 'no.such.topic', 'lost')).rejects.toThrow(/not found/i);
    const answered = await fetch(`${started.url}/v1/projects/daybook-local/topics/invoice.issued:publish`, {
      method: 'POST',
      body: '{"messages": [',
    });
    expect(answered.status).toBe(400);
    expect(await answered.json()).toMatchObject({ error: { code: 400, status: 'INVALID_ARGUMENT' } });
  });
});
