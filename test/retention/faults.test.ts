import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { create } from '../../functions/enforce-retention/handler.ts';
import { explainInvoice } from '../../shared/billing/explain.ts';
import { type BillingPeriod, nextPeriod, periodDays } from '../../shared/calendar/billing-period.ts';
import { addDays, startOf, utcDay } from '../../shared/calendar/utc-day.ts';
import { openDatabase } from '../../shared/database/database.ts';
import { breachListOtherRows, usagePartitionDetach } from '../../shared/database/queries.generated.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { enforceRetention } from '../../shared/retention/enforce.ts';
import { holdMonth } from '../../shared/retention/holds.ts';
import { daybook } from '../cli/command-line.ts';
import { request, testWorld } from '../console/world.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import {
  aggregate,
  Clock,
  completeMonth,
  enforce,
  FIRST_MONTH,
  monthsFrom,
  readingOf,
  seedMonths,
  statesOf,
} from './months.ts';

const DROP_DAY = '2026-11-01';
const SEAL_DAY = '2025-04-01';
const INVOICE = `${FIRST_MONTH}/acme/usage`;

let db: TestDatabase;
let clock: Clock;
beforeEach(async () => {
  clock = new Clock();
  db = await createTestDatabase(clock.effects);
  await seedMonths(db, clock, { months: 1, days: 2 });
  await completeMonth(db, clock, FIRST_MONTH, 2);
});
afterEach(() => db.remove());

const stateOfFirst = async () => (await statesOf(db, clock))[FIRST_MONTH];

class Stopped extends Error {}

/** Enforces in a process that stops at its n-th effect, before it or after it; returns whether it came that far. */
async function enforceStopped(day: string, n: number, when: 'before' | 'after'): Promise<boolean> {
  clock.at = new Date(`${day}T03:30:00Z`);
  let count = 0;
  const effects: Effects = {
    ...clock.effects,
    perform: async (_effect, run) => {
      count += 1;
      if (count > n || (count === n && when === 'before')) throw new Stopped();
      const result = await run();
      if (count === n) throw new Stopped();
      return result;
    },
  };
  const database = openDatabase({ url: db.url, role: 'daybook_app', poolSize: 1, applicationName: 'test' }, effects);
  try {
    await enforceRetention({ database, effects }, { at: clock.at, actor: 'service:enforce-retention', why: 'test' });
    return false;
  } catch (error) {
    if (error instanceof Stopped) return true;
    throw error;
  } finally {
    await database.close();
  }
}

/** What a month's end leaves behind, without the times. */
async function leftBehind(): Promise<unknown> {
  const entry = await db.owner.query(`select subject, detail from audit_log where action = 'usage_rows.dropped'`);
  const rows = await db.owner.query(
    'select month, status, row_count, totals, digest from usage_partitions order by month',
  );
  const tables = await db.owner.query(
    `select relname from pg_class where relname = 'usage_daily_202410' and relkind = 'r' order by 1`,
  );
  return { entry: entry.rows, rows: rows.rows, tables: tables.rows };
}

/** One day's usage of one region, read when it was over. */
async function addUsage(month: BillingPeriod): Promise<void> {
  const { from } = periodDays(month);
  await db.owner.query(
    `insert into usage_sources (source_id, version, metric, region, configuration, configuration_digest, active_from, active_to)
     values ('requests', $1, 'requests', 'us-east', '{}', 'sha256:configuration', $2::date, $2::date + 1)`,
    [Number(month.replace('-', '')), from],
  );
  clock.at = new Date(startOf(addDays(from, 1)).getTime() + 8 * 3_600_000);
  const added = await aggregate(db, clock, 'us-east', from, async () => readingOf({ 'acme-app': '7.5' }));
  if (added.kind === 'refused') throw new Error(added.reason);
}

describe('promise 1: a crash leaves whole steps', () => {
  test('a crash between detaching and dropping is ended by the next run', async () => {
    await enforce(db, clock, SEAL_DAY);
    clock.at = new Date(`${DROP_DAY}T03:30:00Z`);
    const intent = { actor: 'service:enforce-retention', why: 'test' };
    await db.database.transaction(intent, (transaction) =>
      transaction.rows(usagePartitionDetach, { month: FIRST_MONTH, at: clock.at }),
    );
    expect(await stateOfFirst()).toBe('detached');
    const breaches = await db.database.rows(breachListOtherRows, { most: 10 });
    expect(breaches).toEqual([]);
    expect(await explainInvoice(db.database, INVOICE)).toMatchObject({
      explanation: { matches: true, retention: { status: 'detached', auditSequence: null } },
    });
    await enforce(db, clock, DROP_DAY);
    expect(await stateOfFirst()).toBe('dropped');
    expect((await leftBehind()) as { entry: unknown[] }).toMatchObject({
      entry: [{ subject: FIRST_MONTH }],
      tables: [],
    });
  });

  test('stopped before or after any effect, a repeat ends in the same state', async () => {
    const months = monthsFrom(nextPeriod(FIRST_MONTH), 40);
    for (const month of months) await addUsage(month);
    let next = 0;
    for (let n = 1, stopped = true; stopped; n += 1) {
      for (const when of ['before', 'after'] as const) {
        const month = months[next++];
        if (month === undefined) throw new Error('the steps of one drop do not end');
        const day = `${Number(periodDays(month).to.slice(0, 4)) + 2}${periodDays(month).to.slice(4)}`;
        await enforce(db, clock, addDays(utcDay(day), -1));
        expect((await statesOf(db, clock))[month]).toBe('sealed');
        stopped = await enforceStopped(day, n, when);
        await enforce(db, clock, day);
        expect((await statesOf(db, clock))[month], `stopped ${when} effect ${n}`).toBe('dropped');
        const entries = await db.owner.query(
          `select detail -> 'rows' as rows, detail -> 'totals' as totals from audit_log where action = 'usage_rows.dropped' and subject = $1`,
          [month],
        );
        const requests = { rows: 1, total: '7.5', supersededRows: 0, supersededTotal: '0' };
        expect(entries.rows).toEqual([{ rows: 1, totals: { requests } }]);
      }
    }
    expect((await daybook('audit verify --json', { database: db.database })).json()).toMatchObject({ faults: [] });
  });

  test('what somebody comes to hold between the two steps is put back whole, and stays', async () => {
    const before = await explainInvoice(db.database, INVOICE);
    await enforce(db, clock, SEAL_DAY);
    clock.at = new Date(`${DROP_DAY}T03:30:00Z`);
    await db.database.transaction({ actor: 'person:omar', why: 'test' }, (transaction) =>
      transaction.rows(usagePartitionDetach, { month: FIRST_MONTH, at: clock.at }),
    );
    await holdMonth(
      { database: db.database, effects: clock.effects },
      { month: FIRST_MONTH, why: 'court case 7', author: 'person:fay' },
    );
    const { outcomes } = await enforce(db, clock, '2026-11-02');
    expect(outcomes).toContainEqual({ month: FIRST_MONTH, outcome: { kind: 'attached' } });
    expect(await stateOfFirst()).toBe('held');
    expect(await explainInvoice(db.database, INVOICE)).toEqual(before);
    await enforce(db, clock, '2026-11-03');
    expect(await stateOfFirst()).toBe('held');
    await expect(db.owner.query('delete from usage_daily')).rejects.toMatchObject({ code: 'DB002' });
  });

  test('a long reader postpones the drop, and does not fail the run', { timeout: 60_000 }, async () => {
    await enforce(db, clock, SEAL_DAY);
    // Makes the months ahead, which would wait for the reader as well.
    await enforce(db, clock, '2026-10-31');
    await db.owner.query('begin');
    await db.owner.query('select count(*) from usage_daily');
    const { outcomes } = await enforce(db, clock, DROP_DAY);
    await db.owner.query('commit');
    expect(outcomes).toContainEqual({
      month: FIRST_MONTH,
      outcome: { kind: 'postponed', reason: 'readers of usage were in the way; the next run tries again' },
    });
    await enforce(db, clock, '2026-11-02');
    expect(await stateOfFirst()).toBe('dropped');
  });
});

describe('what does not add up stays', () => {
  async function tamper(table: string, statement: string): Promise<void> {
    await db.owner.query(`alter table ${table} disable trigger user`);
    await db.owner.query(statement);
    await db.owner.query(`alter table ${table} enable trigger user`);
  }

  test('a month whose rows are not what its checkpoints say is not sealed, and one exception says which', async () => {
    await tamper(
      'usage_daily_202410',
      `update usage_daily_202410 set quantity = quantity + 1 where day = '2024-10-02'`,
    );
    const { outcomes } = await enforce(db, clock, SEAL_DAY);
    expect(outcomes).toContainEqual({
      month: FIRST_MONTH,
      outcome: { kind: 'failed', reason: expect.stringContaining('the usage of 2024-10 does not add up: checkpoint') },
    });
    await enforce(db, clock, '2025-04-02');
    expect((await db.owner.query('select class, subject, status, attempts from exceptions')).rows).toEqual([
      { class: 'retention_failed', subject: '2024-10', status: expect.any(String), attempts: 2 },
    ]);
    await tamper(
      'usage_daily_202410',
      `update usage_daily_202410 set quantity = quantity - 1 where day = '2024-10-02'`,
    );
    await enforce(db, clock, '2025-04-03');
    expect(await stateOfFirst()).toBe('sealed');
    expect((await db.owner.query('select status from exceptions')).rows).toEqual([{ status: 'resolved' }]);
  });

  test('a sealed month that was changed beside Daybook is not dropped, though its sums still fit', async () => {
    await enforce(db, clock, SEAL_DAY);
    await tamper('usage_daily_202410', `update usage_daily_202410 set customer_id = null`);
    const { outcomes } = await enforce(db, clock, DROP_DAY);
    expect(outcomes).toContainEqual({
      month: FIRST_MONTH,
      outcome: {
        kind: 'failed',
        reason: expect.stringContaining('the rows of 2024-10 are not those that were sealed'),
      },
    });
    expect((await db.owner.query(`select from pg_class where relname = 'usage_detached_202410'`)).rowCount).toBe(1);
  });

  test('after the drop, a changed checkpoint, charge or audit entry shows in explain and audit verify', async () => {
    await enforce(db, clock, SEAL_DAY);
    await enforce(db, clock, DROP_DAY);
    const explain = async () =>
      await daybook(`invoice explain ${INVOICE}`, { database: db.database, effects: clock.effects });
    const verify = async () =>
      (await daybook('audit verify --json', { database: db.database, effects: clock.effects })).json() as {
        faults: unknown[];
      };
    const well = await explain();
    expect(well.out).toContain('dropped on 2026-11-01 after the time of retention');
    expect(well.out).toContain('its checkpoints, totals and digests verify');
    expect(well.out).toContain('its rows are gone; the invoice keeps: the same');
    expect(well.code).toBe(0);
    expect((await verify()).faults).toEqual([]);

    await tamper('charges', `update charges set exact = '7', amount = 700 where line_key = 'requests'`);
    const wrongCharge = await explain();
    expect(wrongCharge.out).toContain('computed anew');
    expect(wrongCharge.code).toBe(1);
    await tamper(
      'charges',
      `update charges set exact = c.exact, amount = c.amount from (values ('2.3', 230)) c (exact, amount) where line_key = 'requests'`,
    );

    await tamper('checkpoints', `update checkpoints set digest = 'sha256:other' where checkpoint_id = 1`);
    expect((await explain()).out).toContain('its checkpoints, totals or digests differ');
    expect((await verify()).faults).toEqual([
      expect.objectContaining({ kind: 'fact_differs', entity: 'checkpoint', subject: '1', fact: 'digest' }),
      {
        kind: 'dropped_usage_differs',
        month: FIRST_MONTH,
        what: expect.stringContaining('does not keep checkpoint 1 as its header says'),
      },
    ]);
    await tamper('audit_log', `delete from audit_log where action = 'usage_rows.dropped'`);
    expect((await verify()).faults).toContainEqual({
      kind: 'dropped_usage_differs',
      month: FIRST_MONTH,
      what: 'no entry keeps what was dropped',
    });
  });
});

describe('rows outside the managed months', () => {
  test('are one exception and one alert for as long as they are there', async () => {
    const { world } = testWorld(db, {}, clock.effects);
    const handler = create(world);
    const fire = (day: string) => {
      clock.at = new Date(`${day}T03:30:00Z`);
      return handler(request('POST', '/', { headers: { 'x-cloudscheduler-scheduletime': clock.at.toISOString() } }));
    };
    await db.owner.query(`insert into usage_daily values ('1999-12-31', 1, 'us-east', 'requests', 'x', null, 1)`);
    for (const day of ['2024-12-01', '2024-12-02'])
      expect(await fire(day)).toMatchObject({ status: 200, body: { strayRows: 1 } });
    expect((await db.owner.query('select class, subject, reason from exceptions')).rows).toEqual([
      { class: 'stray_usage', subject: 'usage_daily_default', reason: 'rows_outside_managed_months' },
    ]);
    expect((await db.owner.query('select title from alerts')).rows).toEqual([
      { title: 'Usage rows lie outside the managed months' },
    ]);
    await db.owner.query('alter table usage_daily_default disable trigger user');
    await db.owner.query('delete from usage_daily_default');
    await db.owner.query('alter table usage_daily_default enable trigger user');
    await fire('2024-12-03');
    expect((await db.owner.query('select status from exceptions')).rows).toEqual([{ status: 'resolved' }]);
  });
});
