import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { billingPeriod } from '../../shared/calendar/billing-period.ts';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { holdMonth, releaseHold } from '../../shared/retention/holds.ts';
import { planRetention } from '../../shared/retention/plan.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import type { WholeReading } from '../usage/reading.ts';
import {
  aggregate,
  aggregateMonth,
  billMonth,
  Clock,
  completeMonth,
  enforce,
  FIRST_MONTH,
  readingOf,
  seedMonths,
  settleMonth,
  statesOf,
} from './months.ts';

/** Two years after the first month's end. */
const DROP_DAY = '2026-11-01';
const SEAL_DAY = '2025-04-01';

let db: TestDatabase;
let clock: Clock;
beforeEach(async () => {
  clock = new Clock();
  db = await createTestDatabase(clock.effects);
  await seedMonths(db, clock, { months: 1, days: 2 });
});
afterEach(() => db.remove());

const stateOfFirst = async () => (await statesOf(db, clock))[FIRST_MONTH];
const hold = (author = 'person:fay', why = 'court case 7') =>
  holdMonth({ database: db.database, effects: clock.effects }, { month: FIRST_MONTH, why, author });
const release = (number: bigint, approver: string) =>
  releaseHold({ database: db.database, effects: clock.effects }, { hold: number, why: 'the case is over', approver });
const blockers = async () =>
  (await planRetention(db.database, clock.at)).months.find(({ month }) => month === FIRST_MONTH)?.blockers;

/** Runs a statement as the application's role, in the name of somebody. */
async function asApplication(statement: string, actor = 'service:enforce-retention'): Promise<unknown> {
  await db.owner.query('begin');
  try {
    await db.owner.query(`select set_config('daybook.actor', $1, true), set_config('role', 'daybook_app', true)`, [
      actor,
    ]);
    return await db.owner.query(statement);
  } finally {
    await db.owner.query('rollback');
  }
}

describe('promise 18: what somebody still needs stays', () => {
  test('an invoice that is not paid, uncollectible or void keeps its month, and so does a run that is not closed', async () => {
    clock.at = new Date('2024-11-01T08:00:00Z');
    await aggregateMonth(db, clock, FIRST_MONTH, 2);
    await billMonth(db, clock, FIRST_MONTH);
    await enforce(db, clock, SEAL_DAY);
    await enforce(db, clock, DROP_DAY);
    expect(await stateOfFirst()).toBe('sealed');
    expect((await blockers())?.map(({ kind }) => kind)).toEqual(['invoice_open', 'run_not_closed']);

    await settleMonth(db, clock, FIRST_MONTH, 'finalized');
    await enforce(db, clock, DROP_DAY);
    expect(await blockers()).toEqual([{ kind: 'invoice_open', subject: '2024-10/acme/usage', detail: 'is finalized' }]);

    await db.owner.query(`update invoices set status = 'uncollectible'`);
    await enforce(db, clock, '2026-11-02');
    expect(await stateOfFirst()).toBe('dropped');
  });

  test('an open exception about the month keeps it, until it is decided', async () => {
    await completeMonth(db, clock, FIRST_MONTH, 2);
    await enforce(db, clock, SEAL_DAY);
    await db.owner.query(`insert into exceptions (class, subject, status, reason, detail, opened_at)
      values ('late_usage', '2024-10', 'open', 'test', 'test', now())`);
    await enforce(db, clock, DROP_DAY);
    expect(await stateOfFirst()).toBe('sealed');
    expect(await blockers()).toMatchObject([{ kind: 'exception_open', detail: 'late_usage of 2024-10' }]);
    await db.owner.query(`update exceptions set status = 'resolved', ended_at = now()`);
    await enforce(db, clock, '2026-11-02');
    expect(await stateOfFirst()).toBe('dropped');
  });

  test('promise 23: a hold needs a reason and ends by another person, whatever account is used', async () => {
    await completeMonth(db, clock, FIRST_MONTH, 2);
    await enforce(db, clock, SEAL_DAY);
    expect(await hold('person:fay', '  ')).toMatchObject({ kind: 'refused', reason: 'no_reason' });
    expect(await hold('person:ana')).toMatchObject({ kind: 'refused', reason: 'self_approval_or_missing_approval' });
    const placed = await hold();
    if (placed.kind !== 'held') throw new Error('not held');
    expect(await hold()).toEqual({ kind: 'held_before' });
    await enforce(db, clock, DROP_DAY);
    expect(await stateOfFirst()).toBe('held');
    await db.owner.query(`insert into principals values ('service:fay-bot', 'service', '{finance}', 'person:fay')`);
    for (const approver of ['person:fay', 'service:fay-bot'])
      expect(await release(placed.hold, approver)).toMatchObject({
        kind: 'refused',
        reason: 'self_approval_or_missing_approval',
      });
    expect(await release(placed.hold, 'person:omar')).toMatchObject({
      kind: 'refused',
      reason: 'self_approval_or_missing_approval',
    });
    expect(await release(placed.hold, 'person:ben')).toEqual({ kind: 'released', month: FIRST_MONTH });
    expect(await release(placed.hold, 'person:ben')).toMatchObject({ kind: 'refused', reason: 'released_before' });
    await enforce(db, clock, '2026-11-02');
    expect(await stateOfFirst()).toBe('dropped');
    expect(await hold()).toMatchObject({ kind: 'refused', detail: expect.stringContaining('have been dropped') });
    const log = await db.owner.query(
      `select action, actor, why from audit_log where action like 'retention_hold.%' order by sequence`,
    );
    expect(log.rows).toEqual([
      { action: 'retention_hold.in_force', actor: 'person:fay', why: 'court case 7' },
      { action: 'retention_hold.released', actor: 'person:ben', why: 'the case is over' },
    ]);
  });

  test('a run cannot come to rest on usage that is gone', async () => {
    await completeMonth(db, clock, FIRST_MONTH, 2);
    await enforce(db, clock, SEAL_DAY);
    await enforce(db, clock, DROP_DAY);
    await expect(
      db.owner.query(`insert into run_checkpoints select run_id, 2, checkpoint_id from run_checkpoints limit 1`),
    ).rejects.toMatchObject({ code: 'DB005', message: 'a run cannot rest on usage of 2024-10: its rows are gone' });
  });
});

describe('promise 18: the database guards every step by itself', () => {
  beforeEach(() => completeMonth(db, clock, FIRST_MONTH, 2));

  test('the application’s role can neither detach, drop nor change a month, nor the policy', async () => {
    for (const statement of [
      'drop table usage_daily_202410',
      'alter table usage_daily detach partition usage_daily_202410',
      'truncate usage_daily_202410',
      'delete from usage_daily_202410',
      `update usage_partitions set status = 'dropped'`,
      `update retention_policy set clock_ahead_limit = '100 years'`,
      'delete from retention_holds',
      `select begin_retention_step('2024-10', now(), 'test')`,
    ])
      await expect(asApplication(statement), statement).rejects.toMatchObject({ code: '42501' });
  });

  test('a step that is early is refused: open quarter, time of retention, order of steps', async () => {
    await expect(asApplication(`select seal_usage_month('2024-10', '2025-03-31T23:59:59Z')`)).rejects.toMatchObject({
      code: 'DB005',
      message: '2024-10 lies in the current or the previous quarter and stays open',
    });
    await expect(asApplication(`select detach_usage_month('2024-10', '2030-01-01')`)).rejects.toMatchObject({
      code: 'DB005',
      message: '2024-10 is still open',
    });
    await enforce(db, clock, SEAL_DAY);
    await expect(asApplication(`select drop_usage_month('2024-10', '2030-01-01')`)).rejects.toMatchObject({
      code: 'DB005',
      message: '2024-10 is sealed',
    });
    await expect(asApplication(`select detach_usage_month('2024-10', '2026-10-31T23:59:59Z')`)).rejects.toMatchObject({
      code: 'DB005',
      message: 'the rows of 2024-10 are kept until 2026-11-01',
    });
    await expect(asApplication(`select detach_usage_month('1999-01', '2030-01-01')`)).rejects.toMatchObject({
      code: 'DB005',
    });
  });

  test('an instant ahead of the database’s own clock is refused, and so is somebody whom nobody stands behind', async () => {
    await db.owner.query(`update retention_policy set clock_ahead_limit = interval '10 minutes'`);
    await expect(
      asApplication(`select seal_usage_month('2024-10', now() + interval '11 minutes')`),
    ).rejects.toMatchObject({
      code: 'DB005',
      message: expect.stringContaining('is ahead of the clock of the database'),
    });
    await db.owner.query(`insert into principals values ('service:orphan', 'service', '{operator}', null)`);
    for (const actor of ['service:orphan', 'person:ana', 'nobody'])
      await expect(asApplication(`select seal_usage_month('2024-10', now())`, actor), actor).rejects.toMatchObject({
        code: 'DB003',
      });
    expect(
      (await db.owner.query(`select action from audit_log where action like 'retention_policy.%'`)).rows,
    ).toHaveLength(2);
  });

  test('rows are kept for 24 months at least', async () => {
    await expect(db.owner.query('update retention_policy set keep_months = 23')).rejects.toMatchObject({
      code: '23514',
    });
  });

  test('a sealed month takes, changes and loses no row, not even by the owner', async () => {
    await enforce(db, clock, SEAL_DAY);
    const row = `('2024-10-03', 1, 'us-east', 'requests', 'x', null, 1)`;
    for (const [statement, code] of [
      [`insert into usage_daily values ${row}`, 'DB005'],
      [`insert into usage_daily_202410 values ${row}`, 'DB005'],
      ['update usage_daily set quantity = 0', 'DB002'],
      ['delete from usage_daily', 'DB002'],
      ['truncate usage_daily_202410', 'DB002'],
    ] as const)
      await expect(db.owner.query(statement), statement).rejects.toMatchObject({ code });
    await enforce(db, clock, DROP_DAY);
    await expect(db.owner.query(`insert into usage_daily values ${row}`)).rejects.toMatchObject({ code: 'DB005' });
  });
});

describe('retention beside other work', () => {
  const day = utcDay('2024-10-01');

  test('a rerun under way postpones the sealing, ends well, and the next run seals what it wrote', async () => {
    await completeMonth(db, clock, FIRST_MONTH, 2);
    let finish = (_reading: WholeReading): void => undefined;
    const reading = new Promise<WholeReading>((resolve) => {
      finish = resolve;
    });
    clock.at = new Date('2025-04-01T03:29:00Z');
    const rerun = aggregate(db, clock, 'us-east', day, () => reading);
    const running = async () => (await db.owner.query(`select from checkpoints where status = 'running'`)).rowCount;
    while ((await running()) === 0) await new Promise(setImmediate);
    await enforce(db, clock, SEAL_DAY);
    expect(await stateOfFirst()).toBe('open');
    expect(await blockers()).toMatchObject([{ kind: 'attempt_running', subject: 'us-east/requests/2024-10-01' }]);
    finish(readingOf({ 'acme-app': '99' }));
    expect(await rerun).toMatchObject({ kind: 'aggregated', outcomes: [{ kind: 'complete' }] });
    await enforce(db, clock, '2025-04-02');
    expect(await stateOfFirst()).toBe('sealed');
  });

  test('a rerun that a crash left a day ago does not keep the month open, and its writer is fenced out', async () => {
    await completeMonth(db, clock, FIRST_MONTH, 2);
    let finish = (_reading: WholeReading): void => undefined;
    const reading = new Promise<WholeReading>((resolve) => {
      finish = resolve;
    });
    clock.at = new Date('2025-03-30T03:00:00Z');
    const rerun = aggregate(db, clock, 'us-east', day, () => reading);
    while ((await db.owner.query(`select from checkpoints where status = 'running'`)).rowCount === 0)
      await new Promise(setImmediate);
    await enforce(db, clock, SEAL_DAY);
    expect(await stateOfFirst()).toBe('sealed');
    finish(readingOf({ 'acme-app': '99' }));
    expect(await rerun).toMatchObject({ outcomes: [{ kind: 'fenced_out' }] });
  });

  test('a rerun of a sealed or dropped month is refused with the way to go, and writes nothing', async () => {
    await completeMonth(db, clock, FIRST_MONTH, 2);
    for (const [at, state] of [
      [SEAL_DAY, 'sealed'],
      [DROP_DAY, 'dropped'],
    ] as const) {
      await enforce(db, clock, at);
      const attempts = (await db.owner.query('select from checkpoints')).rowCount;
      expect(await aggregate(db, clock, 'us-east', day, async () => readingOf({ 'acme-app': '99' }))).toEqual({
        kind: 'refused',
        reason: `usage of 2024-10 does not change any more: it is ${state}. The current and the previous quarter can be read again; what was billed before is corrected by an adjustment`,
      });
      expect((await db.owner.query('select from checkpoints')).rowCount).toBe(attempts);
    }
  });

  test('a month whose run nobody has approved is not sealed over its head', async () => {
    clock.at = new Date('2024-11-01T08:00:00Z');
    await aggregate(db, clock, 'us-east', day, async () => readingOf({ 'acme-app': '1' }));
    await db.owner.query(`insert into billing_runs (run_id, scope, period, status, period_from, period_to, grace_until, author, opened_at)
      values ('2024-10', 'month', '2024-10', 'open', '2024-10-01', '2024-11-01', now(), 'service:validate-usage', now())`);
    await enforce(db, clock, SEAL_DAY);
    expect(await stateOfFirst()).toBe('open');
    expect(await blockers()).toEqual([{ kind: 'run_not_approved', subject: '2024-10', detail: 'is open' }]);
  });

  test('two runs of enforce-retention at once take each step once', async () => {
    await completeMonth(db, clock, FIRST_MONTH, 2);
    const states = [];
    for (const at of [SEAL_DAY, DROP_DAY]) {
      const both = await Promise.all([enforce(db, clock, at), enforce(db, clock, at)]);
      expect(both.flatMap(({ outcomes }) => outcomes).filter(({ outcome }) => 'reason' in outcome)).toEqual([]);
      states.push(await stateOfFirst());
    }
    expect(states).toEqual(['sealed', 'dropped']);
    const entries = await db.owner.query(
      `select action from audit_log where subject = '2024-10' and action ~ '^usage_' order by sequence`,
    );
    expect(entries.rows.map(({ action }) => action)).toEqual([
      'usage_partition.sealed',
      'usage_partition.detached',
      'usage_rows.dropped',
      'usage_partition.dropped',
    ]);
  });

  test('months of an unheard-of past can be imported, and are sealed by the next run', async () => {
    await enforce(db, clock, '2026-01-05');
    expect(await stateOfFirst()).toBeUndefined();
    await aggregate(db, clock, 'us-east', day, async () => readingOf({ 'acme-app': '1' }));
    expect(await stateOfFirst()).toBe('open');
    await enforce(db, clock, '2026-01-06');
    expect(await stateOfFirst()).toBe('sealed');
    expect(billingPeriod('2024-10')).toBe(FIRST_MONTH);
  });
});
