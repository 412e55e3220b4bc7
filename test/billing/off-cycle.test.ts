import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkPromises } from '../../shared/audit/promises.ts';
import { explainInvoice } from '../../shared/billing/explain.ts';
import { openOffCycleRun } from '../../shared/billing/off-cycle-run.ts';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { activateContract, approveContract, draftContract, endContract } from '../../shared/catalogue/contracts.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import {
  aggregate,
  aggregateAll,
  collect,
  DAYS,
  EFFECTS,
  PERIOD,
  REGIONS,
  rate,
  rateOf,
  seedContracts,
} from './month.ts';

/** acme's first contract ends after two of the three days. */
const RUN = '2026-10:acme-1';
const USAGE = { 'acme-app': '100', 'birch-app': '200' };

let db: TestDatabase;
let planVersion: string;
beforeEach(async () => {
  db = await createTestDatabase();
  planVersion = await seedContracts(db, ['acme', 'birch']);
});
afterEach(() => db.remove());

const deps = () => ({ database: db.database, effects: EFFECTS });
const end = async (endsOn = '2026-10-03') =>
  expect(
    await endContract(deps(), { contractId: 'acme-1', actor: 'person:ben', why: 'they leave', endsOn }),
  ).toMatchObject({ kind: 'done' });
const open = () => openOffCycleRun(deps(), 'acme-1', 'person:fay');
const invoices = async () =>
  (
    await db.owner.query(
      `select invoice_id, run_id, status, total::int from invoices where status <> 'superseded' order by invoice_id`,
    )
  ).rows;
const runs = async () =>
  (await db.owner.query('select run_id, scope, status, fencing_token from billing_runs order by run_id')).rows;
const twoDays = async () => {
  for (const day of DAYS.slice(0, 2)) for (const region of REGIONS) await aggregate(db.database, region, day, USAGE);
};

/** acme goes on with another contract of the same plan on the third day. */
async function nextContract(): Promise<void> {
  const contractId = 'acme-2';
  const terms = {
    contractId,
    customerId: 'acme',
    mode: 'usage',
    usagePlanVersion: planVersion,
    startsOn: '2026-10-03',
  } as const;
  expect(await draftContract(deps(), { ...terms, author: 'person:ana' })).toMatchObject({ kind: 'drafted' });
  await approveContract(deps(), { contractId, approver: 'person:ben', acknowledged: [], why: 'test' });
  expect(await activateContract(deps(), { contractId, actor: 'person:ana', why: 'test' })).toMatchObject({
    kind: 'done',
  });
}

describe('promises 5 and 7: a contract that ends inside a month is billed off cycle, and its days once', () => {
  test('two of three days at once: 2 regions × 2 days × 100 × 0.10 = 40.00; the month bills the third: 20.00', async () => {
    await end();
    await nextContract();
    await twoDays();
    expect(await open()).toEqual({ kind: 'opened', runId: RUN, outcome: 'pinned' });
    await rateOf(db.database, RUN, 0);
    for (const region of REGIONS) await aggregate(db.database, region, utcDay('2026-10-03'), USAGE);
    expect(await collect(db.database)).toBe('pinned');
    await rate(db.database, 0);
    expect(await invoices()).toEqual([
      { invoice_id: '2026-10/acme/off-cycle-acme-1', run_id: RUN, status: 'rated', total: 4_000 },
      { invoice_id: '2026-10/acme/usage', run_id: PERIOD, status: 'rated', total: 2_000 },
      { invoice_id: '2026-10/birch/usage', run_id: PERIOD, status: 'rated', total: 12_000 },
    ]);
    const { rows } = await db.owner.query(`select document from invoices where invoice_id = '2026-10/acme/usage'`);
    expect(JSON.parse(rows[0].document)).toMatchObject({
      exclusions: [{ metric: 'requests', quantity: '400', reason: 'billed_off_cycle', rows: 4 }],
      billedOffCycle: [{ from: '2026-10-01', to: '2026-10-03' }],
    });
    for (const invoice of ['2026-10/acme/usage', '2026-10/acme/off-cycle-acme-1'])
      expect(await explainInvoice(db.database, invoice)).toMatchObject({
        kind: 'explained',
        explanation: { matches: true },
      });
  });

  test('a customer who leaves altogether is not in the run of the month, and its usage is not called unbilled', async () => {
    await end();
    await twoDays();
    await open();
    for (const region of REGIONS) await aggregate(db.database, region, utcDay('2026-10-03'), { 'birch-app': '200' });
    await collect(db.database);
    await rateOf(db.database, RUN, 0);
    await rate(db.database, 0);
    expect((await invoices()).map(({ invoice_id }) => invoice_id)).toEqual([
      '2026-10/acme/off-cycle-acme-1',
      '2026-10/birch/usage',
    ]);
    expect((await db.owner.query('select * from exceptions')).rows).toEqual([]);
    const checked = await checkPromises(db.database, { settledBefore: new Date('2020-01-01T00:00:00Z') });
    expect(checked.flatMap(({ breaches }) => breaches)).toEqual([]);
  });

  test('a run of the month that waits for its review is rated anew without the days', async () => {
    await end();
    await aggregateAll(db.database, USAGE);
    await collect(db.database);
    await rate(db.database, 0);
    expect((await invoices())[0]).toMatchObject({ invoice_id: '2026-10/acme/usage', total: 4_000 });
    await open();
    expect(await runs()).toMatchObject([
      { run_id: PERIOD, status: 'complete', fencing_token: 2 },
      { run_id: RUN, scope: 'off-cycle:acme-1', status: 'complete', fencing_token: 1 },
    ]);
    await rate(db.database, 0, 2);
    await rateOf(db.database, RUN, 0);
    expect(await invoices()).toMatchObject([
      { invoice_id: '2026-10/acme/off-cycle-acme-1', total: 4_000 },
      { invoice_id: '2026-10/birch/usage/2', total: 12_000 },
    ]);
  });

  test('a run of the month that was signed off has billed the days, and the opening is refused', async () => {
    await end();
    await aggregateAll(db.database, USAGE);
    await collect(db.database);
    await rate(db.database, 0);
    await approveRun(deps(), { runId: PERIOD, approver: 'person:fay', why: 'reviewed' });
    expect(await open()).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('2026-10, which is closed'),
    });
    expect(await runs()).toHaveLength(1);
  });

  test('usage of those days that changes before its approval drops the off-cycle run back as well', async () => {
    await end();
    await twoDays();
    await open();
    await rateOf(db.database, RUN, 0);
    await aggregate(db.database, 'us-east', utcDay('2026-10-02'), { ...USAGE, 'acme-app': '110' });
    await collect(db.database);
    expect(await runs()).toMatchObject([
      { status: 'collecting' },
      { run_id: RUN, status: 'complete', fencing_token: 2 },
    ]);
    await rateOf(db.database, RUN, 0, 2);
    expect(await invoices()).toMatchObject([{ invoice_id: '2026-10/acme/off-cycle-acme-1/2', total: 4_100 }]);
  });

  test('promise 12: usage of those days that comes after the off-cycle run was closed is compared with what it billed', async () => {
    await end();
    await twoDays();
    await open();
    await rateOf(db.database, RUN, 0);
    await approveRun(deps(), { runId: RUN, approver: 'person:ben', why: 'reviewed' });
    await db.owner.query(`begin; set local session_replication_role = replica;
      update billing_runs set status = 'closed' where run_id = '${RUN}'; commit`);
    await aggregate(db.database, 'us-east', utcDay('2026-10-02'), { ...USAGE, 'acme-app': '110' });
    await collect(db.database);
    const { rows } = await db.owner.query('select run_id, customers from rerating_shards');
    expect(rows).toEqual([{ run_id: RUN, customers: ['acme'] }]);
  });

  test('promise 19: a customer whom the off-cycle run can rate stays an exception of the run of the month that cannot', async () => {
    await end();
    await nextContract();
    await aggregateAll(db.database, USAGE);
    await open();
    await db.owner.query(`begin; set local session_replication_role = replica;
      update run_contracts set overrides = '{"parameters":{"nonsense":"1"}}' where contract_id = 'acme-2';
      update contracts set overrides = '{"parameters":{"nonsense":"1"}}' where contract_id = 'acme-2'; commit`);
    await collect(db.database);
    const month = await db.owner.query('select fencing_token as token from billing_runs where run_id = $1', [PERIOD]);
    await rate(db.database, 0, month.rows[0].token);
    await rateOf(db.database, RUN, 0);
    const { rows } = await db.owner.query('select class, subject, status from exceptions');
    expect(rows).toEqual([{ class: 'rating_held', subject: '2026-10/acme', status: 'open' }]);
  });

  test('its sign-off closes only its own days: contracts of others still change', async () => {
    await end();
    await twoDays();
    await open();
    await rateOf(db.database, RUN, 0);
    expect(await approveRun(deps(), { runId: RUN, approver: 'person:ben', why: 'reviewed' })).toMatchObject({
      kind: 'approved',
    });
    await nextContract();
  });
});

describe('promise 9: one active run per scope and period', () => {
  test('a second opening, also at the same moment, finds the first', async () => {
    await end();
    await twoDays();
    const outcomes = await Promise.all([open(), open(), open()]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['opened', 'refused', 'refused']);
    expect(await open()).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining(`has its run: daybook run show ${RUN}`),
    });
  });

  test('the database refuses a second run of a scope, other days than the contract’s last ones, and a moved end', async () => {
    await end();
    await twoDays();
    await open();
    const insert = (id: string, scope: string, from: string, to: string, contract: string) =>
      db.owner.query(
        `insert into billing_runs (run_id, scope, period, status, period_from, period_to, grace_until, contract_id, author, opened_at)
         values ($1, $2, '2026-10', 'open', $3, $4, now(), $5, 'x', now())`,
        [id, scope, from, to, contract],
      );
    await expect(insert('other', 'off-cycle:acme-1', '2026-10-01', '2026-10-03', 'acme-1')).rejects.toThrow(
      /one_active_run_per_scope|one_off_cycle_run/,
    );
    await expect(insert('birch', 'off-cycle:birch-1', '2026-10-01', '2026-10-03', 'birch-1')).rejects.toThrow(
      /not the last ones of contract birch-1/,
    );
  });
});

describe('what is refused, with the reason', () => {
  test.each<[string, () => Promise<unknown>, string]>([
    ['a contract that goes on', async () => undefined, 'has not ended'],
    [
      'a contract that ends with the month',
      () => end('2026-11-01'),
      'ends with 2026-10; the run of that month bills it',
    ],
    ['a contract that never had a day', () => end('2026-10-01'), 'it never had one'],
    ['an end that has not come', () => end('2026-11-20'), 'its last day is not over'],
    [
      'days that are not complete',
      () => end('2026-10-03'),
      'are not complete: see daybook usage completeness --period 2026-10',
    ],
  ])('%s', async (_name, prepare, reason) => {
    await prepare();
    expect(await open()).toMatchObject({ kind: 'refused', reason: expect.stringContaining(reason) });
    expect(await runs()).toEqual([]);
  });
});
