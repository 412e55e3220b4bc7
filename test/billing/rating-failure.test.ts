import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { create } from '../../functions/price-usage/handler.ts';
import { SHARD_LIMITS, shardsOf } from '../../shared/billing/shards.ts';
import type { Database } from '../../shared/database/database.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { POLICIES } from '../../shared/exceptions/policy.ts';
import { retryDueExceptions } from '../../shared/retries/retry-due.ts';
import { request, testWorld } from '../console/world.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { aggregateAll, collect, EFFECTS, PERIOD, seedContracts } from './month.ts';

let db: TestDatabase;
let statements: string[];
let now = EFFECTS.now();
const effects: Effects = {
  ...EFFECTS,
  now: () => now,
  perform: (effect, run) => {
    if (effect.kind === 'sql') statements.push(effect.name);
    return run();
  },
};
const CUSTOMERS = Array.from({ length: 12 }, (_, index) => `c${String(index).padStart(2, '0')}`);

beforeEach(async () => {
  statements = [];
  now = EFFECTS.now();
  db = await createTestDatabase(effects);
  await seedContracts(db, CUSTOMERS);
  await aggregateAll(db.database, Object.fromEntries(CUSTOMERS.map((customer) => [`${customer}-app`, '100'])));
});
afterEach(() => db.remove());

interface DeliveryOptions {
  readonly id?: string;
  readonly fencingToken?: number;
  readonly database?: Database;
}

/** Delivers the period.completed of one shard to price-usage. */
async function deliver(shard: number, options: DeliveryOptions = {}): Promise<number> {
  const { id = crypto.randomUUID(), fencingToken = 1, database = db.database } = options;
  const data = { runId: PERIOD, period: PERIOD, fencingToken, shard, shards: 2 };
  const event = { id, type: 'period.completed', version: 1, occurredAt: now.toISOString(), data };
  const message = { data: Buffer.from(JSON.stringify(event)).toString('base64'), messageId: id, attributes: {} };
  const body = { message, subscription: 'projects/daybook-local/subscriptions/period.completed.price-usage' };
  const { world } = testWorld(db, {}, effects);
  return (await create({ ...world, database })(request('POST', '/', { body }))).status;
}

const states = async () => ({
  run: (await db.owner.query('select status from billing_runs')).rows[0].status,
  shards: (await db.owner.query('select status from run_shards order by shard')).rows.map((row) => row.status),
  exceptions: (await db.owner.query('select class, subject, status, reason from exceptions order by exception_id'))
    .rows,
});
const retries = () =>
  retryDueExceptions(
    { database: db.database, effects, openReader: () => Promise.reject(new Error('nothing is read here')) },
    'service:retry-exceptions',
  );

/** What no rating can get around: an invoice of the id that c07's would have. */
const spoil = () =>
  db.owner.query(`set session_replication_role = replica;
    insert into invoices (invoice_id, run_id, fencing_token, customer_id, period, series, status, currency, subtotal, total, document, document_digest, rated_at)
    values ('2026-10/c07/usage', '2026-08', 1, 'c07', '2026-08', 'usage', 'superseded', 'usd', 0, 0, '{}', 'x', now());
    set session_replication_role = origin`);
const mend = () =>
  db.owner.query(
    `set session_replication_role = replica; delete from invoices where period = '2026-08'; set session_replication_role = origin`,
  );

describe('a shard that fails for good', () => {
  beforeEach(async () => {
    await collect(db.database, 6);
    await spoil();
  });

  test('promise 11: is recorded, its message is taken, and the other shard goes on; the run waits as rating_failed', async () => {
    expect(await deliver(1, { id: '00000000-0000-4000-8000-000000000001' })).toBeLessThan(300);
    expect(await states()).toEqual({
      run: 'rating_failed',
      shards: ['waiting', 'failed'],
      exceptions: [{ class: 'rating_failed', subject: '2026-10#1', status: 'open', reason: '23505' }],
    });
    expect(
      (await db.owner.query(`select outcome from inbox where event_id = '00000000-0000-4000-8000-000000000001'`)).rows,
    ).toEqual([{ outcome: 'applied' }]);
    await deliver(0);
    expect(await states()).toMatchObject({ run: 'rating_failed', shards: ['rated', 'failed'] });
  });

  test('is tried again by its policy, and the run reaches review once the cause is mended', async () => {
    await deliver(0);
    await deliver(1);
    await mend();
    now = new Date(now.getTime() + 3_600_000);
    expect(await retries()).toEqual([{ class: 'rating_failed', subject: '2026-10#1' }]);
    expect(await states()).toMatchObject({ run: 'complete', shards: ['rated', 'waiting'] });
    await deliver(1);
    expect(await states()).toMatchObject({
      run: 'in_review',
      shards: ['rated', 'rated'],
      exceptions: [{ status: 'resolved' }],
    });
  });

  test('promise 20: one that never heals ends with people after the policy’s attempts', async () => {
    for (let attempt = 0; attempt < POLICIES.rating_failed.maxAttempts + 2; attempt += 1) {
      await deliver(1);
      now = new Date(now.getTime() + 2 * 3_600_000);
      await retries();
    }
    expect(await states()).toMatchObject({ run: 'rating_failed', exceptions: [{ status: 'escalated' }] });
  });

  test('usage that changes drops the run back, and the exception of the old shard ends by itself', async () => {
    await deliver(1);
    await mend();
    await aggregateAll(db.database, Object.fromEntries(CUSTOMERS.map((customer) => [`${customer}-app`, '101'])));
    expect(await collect(db.database, 12)).toBe('pinned');
    expect(await states()).toMatchObject({ run: 'complete', exceptions: [{ status: 'resolved' }] });
    now = new Date(now.getTime() + 3_600_000);
    expect(await retries()).toEqual([]);
  });
});

test('a connection that breaks is no failure of the shard: the message comes again', async () => {
  await collect(db.database);
  const database = { ...db.database, transaction: () => Promise.reject(new Error('connection lost')) };
  await expect(deliver(0, { database })).rejects.toThrow('connection lost');
  expect(await states()).toMatchObject({ run: 'complete', shards: ['waiting'], exceptions: [] });
});

describe('rating in batches', () => {
  test('a shard of eleven customers takes as many statements as a shard of one', async () => {
    const counts: number[] = [];
    for (const [index, size] of [1, 11].entries()) {
      const rows = Object.fromEntries(CUSTOMERS.map((customer) => [`${customer}-app`, `${100 + size}`]));
      await aggregateAll(db.database, rows);
      await collect(db.database, size);
      statements = [];
      await deliver(0, { fencingToken: index + 1 });
      counts.push(statements.length);
    }
    expect(counts[0]).toBeGreaterThan(10);
    expect(counts[1]).toBe(counts[0]);
  });

  test('shards that are rated at the same moment wait for each other, and none is rated twice', async () => {
    await collect(db.database, 4);
    statements = [];
    await Promise.all([deliver(0), deliver(1), deliver(2)]);
    expect(await states()).toMatchObject({ run: 'in_review', shards: ['rated', 'rated', 'rated'] });
    expect(statements.filter((name) => name === 'invoice_insert_many')).toHaveLength(3);
  });

  test('shards are cut by customers and by rows; a customer with more rows than fit is one by itself', () => {
    const customers = (rows: number[]) => rows.map((count, index) => ({ customer: `c${index}`, rows: count }));
    expect(shardsOf(customers([]), SHARD_LIMITS)).toEqual([[]]);
    expect(shardsOf(customers([1, 1, 1]), { customers: 2, rows: 10 })).toEqual([['c0', 'c1'], ['c2']]);
    expect(shardsOf(customers([4, 6, 1, 25, 3]), { customers: 9, rows: 10 })).toEqual([
      ['c0', 'c1'],
      ['c2'],
      ['c3'],
      ['c4'],
    ]);
  });
});
