import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Database, openDatabase } from '../../shared/database/database.ts';
import { stripePaceTake } from '../../shared/database/queries.generated.ts';
import type { Effect, Effects } from '../../shared/effects/effects.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { databasePace } from '../../shared/pace/database-pace.ts';
import { openStripeClient, type StripeClient } from '../../shared/stripe/client.ts';
import { retrieveCustomer } from '../../shared/stripe/lookup.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { type StripeStandIn, startStripeStandIn } from '../local-cloud/stripe/server.ts';
import { scaled } from '../scale.ts';
import { busiestSecond } from './windows.ts';

interface Instance {
  readonly database: Database;
  readonly stripe: StripeClient;
}

let db: TestDatabase;
let standIn: StripeStandIn;
let instances: Instance[];
let statements: number;

beforeEach(async () => {
  db = await createTestDatabase();
  standIn = await startStripeStandIn({ port: 0 });
  instances = [];
  statements = 0;
});
afterEach(async () => {
  await Promise.all(instances.map(({ database }) => database.close()));
  await standIn.close();
  await db.remove();
});

/** An instance of its own: its own connection, its own client, nothing shared but the database. */
async function startInstance(limits: { readonly account: number; readonly endpoint: number }): Promise<Instance> {
  const system = systemEffects();
  const effects: Effects = {
    ...system,
    perform: <T>(effect: Effect, run: () => Promise<T>) => {
      if (effect.name === stripePaceTake.name) statements += 1;
      return system.perform(effect, run);
    },
  };
  const database = openDatabase({ url: db.url, role: 'daybook_app', poolSize: 1, applicationName: 'test' }, effects);
  const pace = databasePace(database, effects, { accountMode: 'test', ...limits });
  const configuration = { apiBase: standIn.url, secretKey: 'sk_test_daybook', timeoutMs: 5_000 };
  const instance = { database, stripe: await openStripeClient(configuration, effects, pace) };
  instances.push(instance);
  return instance;
}

const ask = ({ stripe }: Instance) => retrieveCustomer(stripe, 'cus_nobody');

describe('ten instances on one account', () => {
  test('the record of arrivals at Stripe never shows more than the limit in any second', async () => {
    const started = await Promise.all(Array.from({ length: 10 }, () => startInstance({ account: 60, endpoint: 40 })));
    const calls = scaled(8, 60);
    const outcomes = await Promise.all(
      started.flatMap((instance) => Array.from({ length: calls }, () => ask(instance))),
    );
    expect(outcomes.filter((outcome) => outcome.kind === 'refused' && outcome.reason === 'not_found')).toHaveLength(
      10 * calls,
    );
    expect(busiestSecond(standIn.calls().map(({ arrivedMs }) => arrivedMs))).toBeLessThanOrEqual(40);
  });

  test('calls that wait together are granted together: fewer statements than calls', async () => {
    const instance = await startInstance({ account: 1_000, endpoint: 1_000 });
    await Promise.all(Array.from({ length: 60 }, () => ask(instance)));
    expect(standIn.calls()).toHaveLength(60);
    expect(statements).toBeGreaterThan(0);
    expect(statements).toBeLessThanOrEqual(20);
  });
});

test('calls one after another, each as soon as the last was let go, are all served', async () => {
  const { database } = await startInstance({ account: 10_000, endpoint: 10_000 });
  const pace = databasePace(database, systemEffects(), { accountMode: 'test', account: 10_000, endpoint: 10_000 });
  for (let call = 0; call < 50; call += 1) await pace.take('GET /v1/invoices');
  await Promise.all(
    Array.from({ length: 5 }, async () => {
      for (let call = 0; call < 20; call += 1) await pace.take('GET /v1/invoices');
    }),
  );
  const { rows } = await db.owner.query(`select count(*)::int as buckets from stripe_pace`);
  expect(rows).toEqual([{ buckets: 2 }]);
});

describe('a 429 from Stripe', () => {
  const arrivalsAfter = (count: number) =>
    standIn
      .calls()
      .slice(count)
      .map(({ arrivedMs }) => arrivedMs);

  test('stops every instance for as long as Stripe asks', async () => {
    const [one, other] = await Promise.all([
      startInstance({ account: 100, endpoint: 100 }),
      startInstance({ account: 100, endpoint: 100 }),
    ]);
    standIn.faults.add({ call: 1, fault: { kind: 'rate_limit', retryAfterSeconds: 1 } });
    expect(await ask(one)).toEqual({ kind: 'retryable', reason: 'rate_limited', retryAfterMs: 1_000 });
    const limitedAt = standIn.calls().at(-1)?.arrivedMs ?? 0;
    await Promise.all([ask(one), ask(other)]);
    for (const arrival of arrivalsAfter(1)) expect(arrival - limitedAt).toBeGreaterThanOrEqual(1_000);
  });

  test('for one endpoint leaves the others alone; for one object it stops nothing', async () => {
    const instance = await startInstance({ account: 100, endpoint: 100 });
    standIn.faults.add(
      { call: 1, fault: { kind: 'rate_limit', retryAfterSeconds: 30, reason: 'endpoint-rate' } },
      {
        path: '/v1/events',
        call: 1,
        fault: { kind: 'rate_limit', retryAfterSeconds: 30, reason: 'resource-specific' },
      },
    );
    await ask(instance);
    const events = () => instance.stripe.sdk.rawRequest('GET', '/v1/events');
    await expect(events()).rejects.toMatchObject({ statusCode: 429 });
    await expect(events()).resolves.toMatchObject({ object: 'list' });
  });
});

test('a call that would wait too long is not sent, and is retried later with the time to wait', async () => {
  const instance = await startInstance({ account: 100, endpoint: 100 });
  standIn.faults.add({ call: 1, fault: { kind: 'rate_limit', retryAfterSeconds: 60 } });
  await ask(instance);
  const outcome = await ask(instance);
  expect(outcome).toMatchObject({ kind: 'retryable', reason: 'rate_limited' });
  expect(outcome.kind === 'retryable' ? (outcome.retryAfterMs ?? 0) : 0).toBeGreaterThan(45_000);
  expect(standIn.calls()).toHaveLength(1);
});

test('without its database nothing is sent: no pace, no call', async () => {
  const instance = await startInstance({ account: 100, endpoint: 100 });
  await db.owner.query('revoke all on stripe_pace from daybook_app');
  expect(await ask(instance)).toMatchObject({ kind: 'retryable' });
  expect(standIn.calls()).toHaveLength(0);
});
