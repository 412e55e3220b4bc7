import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { approveWaiverOfCell } from '../../shared/billing/approve-waiver.ts';
import { explainInvoice } from '../../shared/billing/explain.ts';
import type { UtcDay } from '../../shared/calendar/utc-day.ts';
import { proposeWaiver, rejectWaiver } from '../../shared/usage/waivers.ts';
import {
  aggregate,
  aggregateAll,
  collect,
  DAYS,
  EFFECTS,
  PERIOD,
  REGIONS,
  rate,
  seedContracts,
} from '../billing/month.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';

const CELL = { region: 'eu-west', source: 'requests', day: DAYS[2] as UtcDay };
const WHY = 'the source lost the day';

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedContracts(db, ['acme']);
});
afterEach(() => db.remove());

const deps = () => ({ database: db.database, effects: EFFECTS });
const propose = (author = 'person:ana') => proposeWaiver(deps(), { cell: CELL, author, why: WHY });
const approve = (approver = 'person:fay') => approveWaiverOfCell(deps(), { cell: CELL, approver, why: 'seen' });

/** Every cell of the period but the one. */
async function aggregateOthers(): Promise<void> {
  for (const region of REGIONS)
    for (const day of DAYS)
      if (region !== CELL.region || day !== CELL.day) await aggregate(db.database, region, day, { 'acme-app': '10' });
}

const completed = async (): Promise<number> =>
  (await db.owner.query(`select from outbox where topic = 'period.completed'`)).rowCount ?? 0;

describe('a waiver', () => {
  test('promise 23: takes two people, each in their own transaction and name', async () => {
    await aggregateOthers();
    expect(await propose()).toMatchObject({ kind: 'done', status: 'proposed' });
    expect(await collect(db.database)).toBe('collecting');
    expect(await approve('person:ana')).toMatchObject({ kind: 'refused' });
    // A service account stands for its owner.
    expect(await approve('service:ana-bot')).toMatchObject({
      kind: 'refused',
      reason: 'self_approval_or_missing_approval',
    });
    expect(await collect(db.database)).toBe('collecting');
    expect(await approve()).toMatchObject({ kind: 'done', status: 'approved', author: 'person:ana', run: 'pinned' });
    const log = await db.owner.query(
      `select action, subject, actor, why from audit_log where action like 'completeness_waiver.%' order by sequence`,
    );
    const subject = 'eu-west/requests/2026-10-03';
    expect(log.rows).toEqual([
      { action: 'completeness_waiver.proposed', subject, actor: 'person:ana', why: WHY },
      { action: 'completeness_waiver.approved', subject, actor: 'person:fay', why: 'seen' },
    ]);
  });

  test('promise 23: the database itself refuses one that is born approved, or approved in another’s name', async () => {
    const insert = `insert into completeness_waivers (region, source_id, day, status, author, approver, why, proposed_at, waived_at)
      values ('eu-west', 'requests', '2026-10-03', $1::waiver_status, 'person:ana', $2, 'x', now(), case when $2::text is null then null else now() end)`;
    await db.owner.query(`select set_config('daybook.actor', 'person:ana', false)`);
    await expect(db.owner.query(insert, ['approved', 'person:fay'])).rejects.toMatchObject({ code: 'DB001' });
    await db.owner.query(insert, ['proposed', null]);
    await expect(
      db.owner.query(`update completeness_waivers set status = 'approved', approver = 'person:fay', waived_at = now()`),
    ).rejects.toMatchObject({ code: 'DB003' });
    await expect(db.owner.query('delete from completeness_waivers')).rejects.toMatchObject({ code: 'DB002' });
  });

  test('starts pricing without another event, and the invoice says which day it has no figure for', async () => {
    await aggregateOthers();
    await propose();
    expect(await completed()).toBe(0);
    await approve();
    expect(await completed()).toBe(1);
    expect(await rate(db.database, 0)).toMatchObject({ kind: 'rated', held: 0 });
    const explained = await explainInvoice(db.database, `${PERIOD}/acme/usage`);
    expect(explained).toMatchObject({
      explanation: {
        // Five cells of 10 requests at 0.10 usd.
        totalMinor: '500',
        waivers: [{ ...CELL, author: 'person:ana', approver: 'person:fay', why: WHY }],
        matches: true,
      },
    });
  });

  test('gives way to a checkpoint that comes before the sign-off: the run is rated with the figure', async () => {
    await aggregateOthers();
    await propose();
    await approve();
    await aggregate(db.database, CELL.region, CELL.day, { 'acme-app': '10' });
    expect(await collect(db.database)).toBe('pinned');
    await rate(db.database, 0, 2);
    expect(await explainInvoice(db.database, `${PERIOD}/acme/usage`)).toMatchObject({
      explanation: { totalMinor: '600', waivers: [] },
    });
  });

  test('makes a checkpoint that comes after the sign-off late usage, and the invoice stands', async () => {
    await aggregateOthers();
    await propose();
    await approve();
    await rate(db.database, 0);
    await db.database.transaction({ actor: 'person:ben', why: 'reviewed' }, (transaction) =>
      transaction.rows(
        {
          name: 'test_approve_run',
          parameters: [],
          text: `update billing_runs set status = 'approved', approver = 'person:ben', approved_at = now()`,
        },
        {},
      ),
    );
    await aggregate(db.database, CELL.region, CELL.day, { 'acme-app': '10' });
    expect(await collect(db.database)).toBe('late');
    expect((await db.owner.query('select run_id, rerating from reratings')).rows).toEqual([
      { run_id: PERIOD, rerating: 1 },
    ]);
    expect(await explainInvoice(db.database, `${PERIOD}/acme/usage`)).toMatchObject({
      explanation: { totalMinor: '500', waivers: [{ day: CELL.day }] },
    });
  });

  test('that was rejected can be proposed anew by another, and one that is approved stays', async () => {
    await propose();
    expect(await rejectWaiver(deps(), { cell: CELL, actor: 'person:ben', why: 'look again' })).toMatchObject({
      status: 'rejected',
    });
    expect(await approve()).toMatchObject({ kind: 'refused', reason: 'state' });
    expect(await propose('person:fay')).toMatchObject({ status: 'proposed', author: 'person:fay' });
    expect(await approve()).toMatchObject({ kind: 'refused' });
    expect(await approve('person:ben')).toMatchObject({ status: 'approved', run: 'collecting' });
    expect(await propose()).toMatchObject({ kind: 'refused', reason: 'state' });
    expect(await rejectWaiver(deps(), { cell: CELL, actor: 'person:ben', why: 'no' })).toMatchObject({
      kind: 'refused',
    });
  });

  test('of what nobody requires, of what has a figure, and of a day that is not over, is refused', async () => {
    await aggregateAll(db.database, { 'acme-app': '1' });
    const of = (change: object) =>
      proposeWaiver(deps(), { cell: { ...CELL, ...change }, author: 'person:ana', why: WHY });
    expect(await of({})).toMatchObject({ reason: 'nothing_to_waive', detail: expect.stringContaining('checkpoint') });
    expect(await of({ source: 'peak' })).toMatchObject({ reason: 'nothing_to_waive' });
    expect(await of({ day: '2026-11-01' })).toMatchObject({ detail: expect.stringContaining('not over') });
  });
});
