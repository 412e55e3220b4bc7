import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkPromises } from '../../shared/audit/promises.ts';
import { explainInvoice } from '../../shared/billing/explain.ts';
import type { InvoiceReplay } from '../../shared/billing/replay.ts';
import { replayInvoices } from '../../shared/billing/replay-period.ts';
import { INVOICE, issuedMonth } from '../audit/issued-month.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { seedDemoMonth } from './demo-month.ts';
import { collect, PERIOD, rate } from './month.ts';

let db: TestDatabase;
afterEach(() => db.remove());

async function replayed(): Promise<readonly InvoiceReplay[]> {
  const replays: InvoiceReplay[] = [];
  for await (const batch of replayInvoices(db.database, { kind: 'period', period: PERIOD })) replays.push(...batch);
  return replays;
}

async function tamper(statement: string): Promise<void> {
  await db.owner.query('set session_replication_role = replica');
  await db.owner.query(statement);
  await db.owner.query('set session_replication_role = origin');
}

describe('promise 13: the bytes of the requests to Stripe', () => {
  beforeEach(async () => {
    db = await issuedMonth();
  });
  const differences = async () => {
    const [one] = await replayed();
    return one?.kind === 'different' ? one.differences : [];
  };

  test('come out as they were committed, three of them', async () => {
    expect(await replayed()).toMatchObject([{ invoice: INVOICE, kind: 'identical', requests: 3 }]);
  });

  test('a key that took the place of a dead one, and a customer who was mapped anew, are no differences', async () => {
    await tamper(
      `update stripe_requests set idempotency_key = idempotency_key || ':replacement-2' where step = 'create'`,
    );
    await tamper(`update customers set stripe_customer_id = 'cus_other' where customer_id = 'acme'`);
    expect(await replayed()).toMatchObject([{ kind: 'identical' }]);
  });

  test.each([
    [
      'an amount',
      `update stripe_requests set body = replace(body, 'amount]=62000', 'amount]=62001')`,
      { line: 'fee', field: 'add_lines:1 lines[0][amount]', kept: '62001', recomputed: '62000' },
    ],
    [
      'a key of another obligation',
      `update stripe_requests set idempotency_key = 'daybook:birch:2026-10:usage:0:create' where step = 'create'`,
      { field: 'create idempotency key' },
    ],
    [
      'a path',
      `update stripe_requests set path = '/v1/charges' where step = 'create'`,
      { field: 'create path', kept: '/v1/charges', recomputed: '/v1/invoices' },
    ],
    [
      'a body that is no form',
      `update stripe_requests set body = '%' where step = 'finalize'`,
      { field: 'finalize body', kept: '%' },
    ],
    [
      'a request that is gone',
      `delete from stripe_requests where step = 'finalize'`,
      { field: 'finalize request', kept: null },
    ],
    [
      'a request too many',
      `insert into stripe_requests select (jsonb_populate_record(r, '{"step": "add_lines:2", "idempotency_key": "x"}')).* from stripe_requests r where step = 'add_lines:1'`,
      { field: 'add_lines:2 request', recomputed: null },
    ],
  ])('%s that was changed is named', async (_what, statement, difference) => {
    await tamper(statement);
    expect(await differences()).toContainEqual(expect.objectContaining({ what: 'request', ...difference }));
  });
});

describe('a month with every plan, mode and roll-up', () => {
  test('promises 2 to 24 hold in its data, and promise 13: shadow charges, changed plans and held invoices replay', async () => {
    db = await createTestDatabase();
    const customers = await seedDemoMonth(db);
    await collect(db.database);
    await rate(db.database, 0);
    const replays = await replayed();
    expect(replays.map(({ invoice, kind }) => [invoice, kind])).toEqual(
      customers.toSorted().map((customer) => [`${PERIOD}/${customer}/usage`, 'identical']),
    );
    expect(replays.some((one) => one.kind === 'identical' && one.held)).toBe(true);
    const checked = await checkPromises(db.database, { settledBefore: new Date('2026-10-01') });
    expect(checked.flatMap(({ breaches }) => breaches)).toEqual([]);
    const shadowed = await explainInvoice(db.database, `${PERIOD}/shadowed/usage`);
    expect(shadowed).toMatchObject({ explanation: { matches: true, shadow: { lines: expect.any(Array) } } });
    await tamper(`update charges set amount = amount + 1 where purpose = 'shadow' and position = 0`);
    expect(await replayed()).toContainEqual(
      expect.objectContaining({
        kind: 'different',
        differences: [expect.objectContaining({ what: 'charge', field: 'shadow amount' })],
      }),
    );
  });
});
