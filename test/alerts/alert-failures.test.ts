import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { create } from '../../functions/alert-failures/handler.ts';
import { create as createRetries } from '../../functions/retry-exceptions/handler.ts';
import { deliverAlerts } from '../../shared/alerts/deliver.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { EVENT_VERSION, type EventData, type Topic } from '../../shared/events/catalogue.ts';
import { keepDeadLetter } from '../../shared/events/receive.ts';
import { type Failure, raiseException } from '../../shared/exceptions/exceptions.ts';
import { POLICIES } from '../../shared/exceptions/policy.ts';
import { seedMonth } from '../console/seed.ts';
import { request, testWorld } from '../console/world.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { type SlackReceiver, startSlackReceiver } from '../local-cloud/slack/server.ts';

/** A clock that only moves when something waits, or when a test moves it. */
class Clock {
  #now = Date.parse('2026-11-01T06:00:00Z');
  readonly effects: Effects = {
    ...systemEffects(),
    now: () => new Date(this.#now),
    perform: async (effect, run) => {
      if (effect.kind !== 'timer') return run();
      this.pass(1_000);
      return undefined as never;
    },
  };
  pass(milliseconds: number): void {
    this.#now += milliseconds;
  }
}

const INCOMPLETE: EventData<'usage.incomplete'> = {
  region: 'europe-west1',
  source: 'requests',
  day: '2026-10-31',
  reason: 'scrape_gap',
  detail: 'a target gave no sample for 40 minutes',
};

function push<T extends Topic>(topic: T, data: EventData<T>, id: string = crypto.randomUUID()) {
  const event = { id, type: topic, version: EVENT_VERSION, occurredAt: '2026-11-01T05:59:00.000Z', data };
  return envelope(JSON.stringify(event), `${topic}.alert-failures`);
}

function envelope(data: string, subscription: string, attributes: Record<string, string> = {}) {
  const message = { data: Buffer.from(data).toString('base64'), messageId: `m-${subscription}`, attributes };
  return { message, subscription: `projects/daybook-local/subscriptions/${subscription}` };
}

describe('alert-failures', () => {
  let database: TestDatabase;
  let slack: SlackReceiver;
  let clock: Clock;
  let post: (body: unknown) => ReturnType<ReturnType<typeof create>>;
  let world: ReturnType<typeof testWorld>;

  beforeEach(async () => {
    clock = new Clock();
    database = await createTestDatabase(clock.effects);
    slack = await startSlackReceiver(0);
    world = testWorld(
      database,
      { SLACK_WEBHOOK_URL: slack.webhookUrl, CONSOLE_URL: 'https://console.example/' },
      clock.effects,
    );
    const handler = create(world.world);
    post = (body) => handler(request('POST', '/', { body }));
  });
  afterEach(async () => {
    await slack.close();
    await database.remove();
  });

  const told = () => slack.messages().map((message) => JSON.stringify(message));
  const alerts = async () =>
    (
      await database.owner.query(
        'select attempts, sent_at, last_error, next_attempt_at from alerts order by raised_at, alert_key',
      )
    ).rows;

  test('an incomplete day is told once with place, reason and command', async () => {
    expect((await post(push('usage.incomplete', INCOMPLETE))).status).toBe(200);
    expect(told()).toHaveLength(1);
    expect(told()[0]).toContain('Usage of europe-west1 on 2026-10-31 is incomplete');
    expect(told()[0]).toContain('scrape_gap: a target gave no sample for 40 minutes');
    expect(told()[0]).toContain('npm run daybook -- usage aggregate --region europe-west1 --day 2026-10-31');
  });

  test('alerts of one job, window and error are one message, whether the event or its kind repeats', async () => {
    const first = push('usage.incomplete', INCOMPLETE);
    await post(first);
    expect((await post(first)).body).toEqual({ kind: 'duplicate' });
    await post(push('usage.incomplete', { ...INCOMPLETE, source: 'data-gb' }));
    await post(push('usage.incomplete', { ...INCOMPLETE, detail: 'again' }));
    expect(told()).toHaveLength(1);
    await post(push('usage.incomplete', { ...INCOMPLETE, reason: 'source_timeout' }));
    await post(push('usage.incomplete', { ...INCOMPLETE, day: '2026-10-30' }));
    expect(told()).toHaveLength(3);
  });

  test('promise 11: a message that another function put aside is told at the next retry, and once', async () => {
    const letter = {
      messageId: 'm-7',
      subscription: 'usage.checkpointed.validate-usage',
      attributes: {},
      data: 'not JSON',
      dataBase64: 'bm90IEpTT04=',
      deliveryAttempt: null,
    };
    await keepDeadLetter(world.world, letter, 'service:validate-usage', 'not JSON: unexpected token');
    const retries = createRetries(world.world);
    const headers = { 'x-cloudscheduler-scheduletime': '2026-11-01T06:05:00Z' };
    for (const _firing of [1, 2]) {
      expect(await retries(request('POST', '/', { headers }))).toMatchObject({ status: 200 });
      clock.pass(300_000);
    }
    expect(told().filter((text) => text.includes('not JSON: unexpected token'))).toHaveLength(1);
  });

  const fire = async () => {
    const headers = { 'x-cloudscheduler-scheduletime': '2026-11-01T06:05:00Z' };
    const { status } = await createRetries(world.world)(request('POST', '/', { headers }));
    clock.pass(300_000);
    return status;
  };
  const raise = (failure: Failure) =>
    database.database.transaction({ actor: 'service:test', why: 'test' }, (transaction) =>
      raiseException(transaction, clock.effects, failure),
    );

  test('a shard that cannot be rated and a period over its grace are told once, each with its command', async () => {
    const detail = 'shard 1 of run 2026-10 cannot be rated: a duplicate key';
    await raise({ class: 'rating_failed', subject: '2026-10#1', reason: '23505', detail });
    await raise({ class: 'rating_failed', subject: '2026-10#2', reason: '23505', detail: 'the same cause' });
    await raise({ class: 'period_incomplete', subject: '2026-09', reason: 'grace_is_over', detail: '5 of 6 cells' });
    expect([await fire(), await fire()]).toEqual([200, 200]);
    expect(told()).toHaveLength(2);
    const [shard, period] = [
      told().find((text) => text.includes(detail)),
      told().find((text) => text.includes('5 of 6')),
    ];
    expect(shard).toMatch(/rotating_light.*rating failed: 2026-10#1.*npm run daybook -- run rate 2026-10/);
    expect(period).toMatch(/rotating_light.*grace_is_over.*npm run daybook -- usage completeness --period 2026-09/);
  });

  test('what its policy has given up is told then, and once; what waits for a person from the start is not called given up', async () => {
    const subject = '2026-10/acme/adjustment/1/credit/1';
    const failure = { class: 'credit_failed', subject, reason: 'stripe_refused', detail: 'paid' } as const;
    const waiting = { class: 'unbilled_usage', subject: '2026-10', reason: 'nobody_to_bill', detail: 'd' } as const;
    for (let attempt = 1; attempt < POLICIES.credit_failed.maxAttempts; attempt += 1) await raise(failure);
    await fire();
    expect(told()).toHaveLength(0);
    await raise(failure);
    for (const _time of [1, 2]) await raise(waiting);
    await fire();
    await fire();
    expect(told()).toHaveLength(2);
    expect(told().filter((text) => text.includes('is given up'))).toEqual([
      expect.stringMatching(/is given up and waits for a person.*adjustments apply 2026-10\/acme\/adjustment\/1/),
    ]);
  });

  test('a priced run is told with its counts, its total and the command that signs it off', async () => {
    await seedMonth(database);
    await post(push('charges.priced', { runId: '2026-10', period: '2026-10', fencingToken: 1, invoices: 5, held: 1 }));
    const message = told().find((text) => text.includes('ready for review'));
    expect(message).toContain('5 invoices, 1 held for a decision, total 10120.66 USD');
    expect(message).toContain('npm run daybook -- run approve 2026-10');
    expect(message).toContain('https://console.example/runs/2026-10');
  });

  test('a held customer and a failed invoice are critical, each with its own command', async () => {
    await post(
      push('rating.failed', {
        runId: '2026-10',
        period: '2026-10',
        customer: 'acme',
        reason: 'negative_line',
        detail: 'line data is −2',
      }),
    );
    clock.pass(1_000);
    await post(
      push('invoice.failed', {
        invoiceId: '2026-10/acme/usage',
        runId: '2026-10',
        reason: 'stripe_differs',
        detail: 'total',
      }),
    );
    expect(told()[0]).toMatch(/rotating_light.*acme could not be rated.*negative_line: line data is −2/);
    expect(told()[1]).toMatch(/2026-10\/acme\/usage could not be issued.*run issue 2026-10/);
  });

  test('an adjustment that waits and a credit that failed are told with amount and command', async () => {
    const adjustmentId = '2026-10/acme/adjustment/1';
    await post(
      push('adjustment.proposed', {
        adjustmentId,
        period: '2026-10',
        customer: 'acme',
        currency: 'usd',
        total: '-40000',
      }),
    );
    clock.pass(1_000);
    await post(
      push('credit.failed', { creditId: `${adjustmentId}/credit/1`, reason: 'stripe_refused', detail: 'paid' }),
    );
    expect(told()[0]).toMatch(/acme for 2026-10 waits.*-400.00 USD.*adjustments approve 2026-10\/acme\/adjustment\/1/);
    expect(told()[1]).toMatch(/rotating_light.*stripe_refused: paid.*adjustments apply 2026-10\/acme\/adjustment\/1/);
  });

  test.each([
    { fault: { kind: 'server_error' as const }, reason: 'server_error' },
    { fault: { kind: 'revoked' as const }, reason: 'refused' },
    { fault: { kind: 'drop' as const }, reason: 'unreachable' },
  ])(
    'an alert never fails the work: when Slack answers with $reason the event is applied and the alert waits',
    async ({ fault, reason }) => {
      slack.failNext(fault);
      expect((await post(push('usage.incomplete', INCOMPLETE))).status).toBe(200);
      expect(await alerts()).toMatchObject([{ attempts: 1, sent_at: null, last_error: reason }]);
      clock.pass(30_000);
      await post(push('invoice.failed', { invoiceId: 'x', runId: '2026-10', reason: 'y', detail: 'z' }));
      expect(told()).toHaveLength(2);
      expect((await alerts()).every((alert) => alert.sent_at !== null && alert.next_attempt_at === null)).toBe(true);
    },
  );

  test('Slack’s wish to wait is kept', async () => {
    slack.failNext({ kind: 'rate_limit', retryAfterSeconds: 300 });
    await post(push('usage.incomplete', INCOMPLETE));
    clock.pass(299_000);
    await deliverAlerts(world.world, 'service:test');
    expect(told()).toHaveLength(0);
    clock.pass(2_000);
    await deliverAlerts(world.world, 'service:test');
    expect(told()).toHaveLength(1);
  });

  test('an alert that Slack never takes is given up after a bounded number of attempts and stays listed', async () => {
    slack.failNext(...Array.from({ length: 20 }, () => ({ kind: 'server_error' as const })));
    await post(push('usage.incomplete', INCOMPLETE));
    for (let hour = 0; hour < 40; hour += 1) {
      clock.pass(3_600_000);
      await deliverAlerts(world.world, 'service:test');
    }
    expect(await alerts()).toMatchObject([{ attempts: 12, sent_at: null, next_attempt_at: null }]);
  });

  test('two senders at once send no two messages within a second and none twice', async () => {
    for (const day of ['2026-10-01', '2026-10-02', '2026-10-03']) {
      const { body } = await create(testWorld(database, {}, clock.effects).world)(
        request('POST', '/', { body: push('usage.incomplete', { ...INCOMPLETE, day }) }),
      );
      expect(body).toEqual({ kind: 'applied' });
    }
    await Promise.all([deliverAlerts(world.world, 'service:a'), deliverAlerts(world.world, 'service:b')]);
    expect(new Set(told()).size).toBe(told().length);
    const gaps = await database.owner.query(
      `select extract(epoch from attempted_at - lag(attempted_at) over (order by attempted_at))::float as gap from alerts where attempted_at is not null`,
    );
    expect(gaps.rows.every(({ gap }) => gap === null || gap >= 1)).toBe(true);
  });

  test('without a Slack address alerts are kept and the work goes on', async () => {
    const without = testWorld(database, {}, clock.effects);
    const reply = await create(without.world)(request('POST', '/', { body: push('usage.incomplete', INCOMPLETE) }));
    expect(reply.status).toBe(200);
    expect(await alerts()).toMatchObject([{ attempts: 0, sent_at: null }]);
    expect(without.lines).toContainEqual({
      severity: 'WARNING',
      message: 'alerts are kept but not sent: SLACK_WEBHOOK_URL is not set',
    });
  });

  test('promise 11: a message that Pub/Sub gave up is kept with its reason under its subscription, and told', async () => {
    const letter = envelope('not json', 'dead-letters.alert-failures', {
      CloudPubSubDeadLetterSourceSubscription: 'projects/daybook-local/subscriptions/period.completed.price-usage',
      CloudPubSubDeadLetterSourceDeliveryCount: '5',
    });
    for (const repeat of [1, 2]) expect((await post(letter)).status, `delivery ${repeat}`).toBe(200);
    const { rows } = await database.owner.query('select subscription, message, reason, status from dead_letters');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      subscription: 'period.completed.price-usage',
      message: 'not json',
      status: 'waiting',
    });
    expect(rows[0].reason).toContain('after 5 deliveries');
    expect(told()).toHaveLength(1);
    expect(told()[0]).toContain('A message of period.completed.price-usage was put aside');
  });

  test('promise 11: an event of its own that cannot be read is put aside with a reason, and told', async () => {
    expect((await post(envelope('{"id":', 'charges.priced.alert-failures'))).body).toMatchObject({
      kind: 'dead_lettered',
    });
    expect((await post(envelope('{}', 'somebody.else'))).body).toMatchObject({ kind: 'dead_lettered' });
    const { rows } = await database.owner.query('select subscription, reason from dead_letters order by 1');
    expect(rows.map((row) => row.subscription)).toEqual(['charges.priced.alert-failures', 'somebody.else']);
    expect(rows[1].reason).toContain('not a subscription of alert-failures');
    expect((await post({ nonsense: true })).status).toBe(400);
  });
});
