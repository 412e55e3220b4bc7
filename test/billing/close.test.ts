import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { closeRun } from '../../shared/billing/close-run.ts';
import { holdInvoice, releaseInvoice } from '../../shared/billing/invoice-decisions.ts';
import { reportOverdueRuns } from '../../shared/billing/overdue-runs.ts';
import { readDifferences } from '../../shared/billing/run-differences.ts';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { billingRunFind } from '../../shared/database/queries.generated.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { aggregate, aggregateAll, collect, EFFECTS, PERIOD, rate, seedContracts } from './month.ts';
import { billedBefore } from './past.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedContracts(db, ['acme', 'birch']);
});
afterEach(() => db.remove());

const USAGE = { 'acme-app': '100', 'birch-app': '200' };
const deps = () => ({ database: db.database, effects: EFFECTS });
const run = async () => {
  const found = await db.database.first(billingRunFind, { run_id: PERIOD });
  if (!found) throw new Error('there is no run');
  return found;
};
const approve = (more: { reviewed?: string } = {}) =>
  approveRun(deps(), { runId: PERIOD, approver: 'person:fay', why: 'reviewed', ...more });
const inReview = async () => {
  await aggregateAll(db.database, USAGE);
  await collect(db.database);
  await rate(db.database, 0);
};
const pay = () =>
  db.owner.query(`begin; set local session_replication_role = replica;
    update invoices set status = 'paid', stripe_invoice_id = 'in_' || invoice_id where run_id = '${PERIOD}' and status = 'approved';
    update billing_runs set status = 'issued' where run_id = '${PERIOD}'; commit`);

describe('the sign-off names what was reviewed', () => {
  test('the digest that was shown is kept with the approval', async () => {
    await inReview();
    const { review_digest: shown } = await run();
    expect(await approve({ reviewed: shown.slice(7, 23) })).toMatchObject({ kind: 'approved' });
    expect((await run()).reviewed_digest).toBe(shown);
  });

  test('a run that changed between reading and approving is refused: usage', async () => {
    await inReview();
    const { review_digest: shown } = await run();
    await aggregate(db.database, 'us-east', utcDay('2026-10-01'), { ...USAGE, 'acme-app': '101' });
    await collect(db.database);
    await rate(db.database, 0, 2);
    expect(await approve({ reviewed: shown })).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('is not what was reviewed'),
    });
    expect((await run()).status).toBe('in_review');
  });

  test('and so is one of whose invoices one was held or released meanwhile', async () => {
    await inReview();
    const { review_digest: shown } = await run();
    const decision = { invoiceId: '2026-10/acme/usage', why: 'odd' };
    await holdInvoice(deps(), { ...decision, actor: 'person:ben' });
    expect(await approve({ reviewed: shown })).toMatchObject({ kind: 'refused' });
    await releaseInvoice(deps(), { ...decision, actor: 'person:fay' });
    expect(await approve({ reviewed: shown })).toMatchObject({ kind: 'approved' });
  });

  test('the database refuses another digest by itself', async () => {
    await inReview();
    await db.owner.query(`select set_config('daybook.actor', 'person:fay', false)`);
    await expect(
      db.owner.query(
        `update billing_runs set status = 'approved', approver = 'person:fay', approved_at = now(), reviewed_digest = 'sha256:0'`,
      ),
    ).rejects.toThrow(/has changed since it was reviewed/);
  });

  test('too few digits name nothing', async () => {
    await inReview();
    expect(await approve({ reviewed: '' })).toMatchObject({ kind: 'refused' });
  });
});

describe('the close', () => {
  test('comes when every invoice is final; closed is final', async () => {
    await inReview();
    await approve();
    const decision = { runId: PERIOD, actor: 'person:fay', why: 'all paid', leave: [] };
    expect(await closeRun(deps(), decision)).toMatchObject({
      kind: 'refused',
      reason: 'run 2026-10 is issuing; only an issued run can be closed',
    });
    await pay();
    expect(await closeRun(deps(), decision)).toEqual({ kind: 'closed', leftOpen: [] });
    expect(await run()).toMatchObject({ status: 'closed', closed_by: 'person:fay', left_open: [] });
    expect(await closeRun(deps(), decision)).toMatchObject({ kind: 'refused' });
    await expect(db.owner.query(`update billing_runs set status = 'issued'`)).rejects.toThrow(
      /cannot go from "closed"/,
    );
    expect(await collect(db.database)).toBe('unchanged');
  });

  test('names what is open, and leaves it only by name', async () => {
    await inReview();
    await holdInvoice(deps(), { invoiceId: '2026-10/acme/usage', actor: 'person:ben', why: 'disputed' });
    await approve();
    await pay();
    const decision = { runId: PERIOD, actor: 'person:fay', why: 'acme is disputed' };
    expect(await closeRun(deps(), { ...decision, leave: [] })).toMatchObject({
      kind: 'refused',
      open: [{ thing: '2026-10/acme/usage', state: 'held', why: 'by_hand: disputed' }],
    });
    expect(await closeRun(deps(), { ...decision, leave: ['2026-10/birch/usage'] })).toMatchObject({
      kind: 'refused',
      reason: '2026-10/birch/usage is not open in run 2026-10, so that it cannot be left',
    });
    expect(await closeRun(deps(), { ...decision, leave: ['2026-10/acme/usage'] })).toEqual({
      kind: 'closed',
      leftOpen: ['2026-10/acme/usage'],
    });
    expect(
      await releaseInvoice(deps(), { invoiceId: '2026-10/acme/usage', actor: 'person:fay', why: 'late' }),
    ).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('is closed'),
    });
  });

  test('the database refuses a close over something open, and by whom it may not be', async () => {
    await inReview();
    await holdInvoice(deps(), { invoiceId: '2026-10/acme/usage', actor: 'person:ben', why: 'disputed' });
    await approve();
    await pay();
    const close = (who: string) =>
      db.owner.query(
        `select set_config('daybook.actor', '${who}', false); update billing_runs set status = 'closed', closed_by = '${who}', closed_at = now()`,
      );
    await expect(close('person:fay')).rejects.toThrow('run 2026-10 cannot be closed: 2026-10/acme/usage is open');
    await expect(close('person:ben')).rejects.toThrow(/has not the role/);
  });

  test('an exception about the run is open too', async () => {
    await aggregateAll(db.database, { ...USAGE, stray: '5' });
    await collect(db.database);
    await rate(db.database, 0);
    await approve();
    await pay();
    const outcome = await closeRun(deps(), { runId: PERIOD, actor: 'person:fay', why: 'done', leave: [] });
    expect(outcome).toMatchObject({
      kind: 'refused',
      open: [{ thing: expect.stringMatching(/^exception:\d+$/), state: 'unbilled_usage open' }],
    });
  });
});

describe('the grace', () => {
  test('ends in one exception, closes nothing, and the exception ends with the last usage', async () => {
    await aggregate(db.database, 'us-east', utcDay('2026-10-01'), USAGE);
    await collect(db.database);
    expect(await reportOverdueRuns(deps(), 'service:retry-exceptions')).toEqual([]);
    const late = { ...EFFECTS, now: () => new Date('2026-11-04T00:00:00Z') };
    expect(await reportOverdueRuns({ ...deps(), effects: late }, 'service:retry-exceptions')).toEqual([PERIOD]);
    expect(await reportOverdueRuns({ ...deps(), effects: late }, 'service:retry-exceptions')).toEqual([]);
    expect((await run()).status).toBe('collecting');
    const exceptions = async () => (await db.owner.query('select class, status, detail from exceptions')).rows;
    expect(await exceptions()).toEqual([
      {
        class: 'period_incomplete',
        status: 'open',
        detail: expect.stringContaining('5 of 6 cells of 2026-10 are missing'),
      },
    ]);
    await aggregateAll(db.database, USAGE);
    await collect(db.database);
    expect(await exceptions()).toMatchObject([{ status: 'resolved' }]);
  });
});

describe('differences to the last run', () => {
  test('per customer old, new, change, and why: a quantity, a new customer, one that is gone', async () => {
    await db.owner.query(`insert into customers values ('gone', 'gone', 'cus_gone')`);
    await db.owner.query(`set session_replication_role = replica;
      insert into contracts (contract_id, customer_id, mode, usage_plan_version, overrides, starts_on, ends_on, status, author, approver, diagnostics)
      select 'gone-1', 'gone', mode, usage_plan_version, overrides, '2026-08-01', '2026-10-01', 'ended', author, approver, diagnostics
      from contracts where contract_id = 'acme-1'`);
    await billedBefore(db, '2026-09', { acme: 4_000n, gone: 7_000n }, '400');
    await inReview();
    await db.owner.query(`set session_replication_role = replica;
      update charges o set formula_digest = n.formula_digest, parameters_digest = n.parameters_digest from charges n where o.run_id = '2026-09' and n.run_id = '2026-10' and n.customer_id = 'acme';
      set session_replication_role = origin`);
    const differences = await readDifferences(db.database, { runId: PERIOD, period: PERIOD, contractId: null });
    const line = { line: 'requests', label: 'API requests', project: null };
    expect(differences).toEqual([
      {
        customer: 'birch',
        customerName: 'birch',
        currency: 'usd',
        old: null,
        new: 12_000n,
        change: 12_000n,
        lines: [{ ...line, reason: 'line_added', old: null, new: 12_000n, oldQuantity: null, newQuantity: '1200' }],
      },
      {
        customer: 'gone',
        customerName: 'gone',
        currency: 'usd',
        old: 7_000n,
        new: null,
        change: -7_000n,
        lines: [{ ...line, reason: 'line_removed', old: 7_000n, new: null, oldQuantity: '400', newQuantity: null }],
      },
      {
        customer: 'acme',
        customerName: 'acme',
        currency: 'usd',
        old: 4_000n,
        new: 6_000n,
        change: 2_000n,
        lines: [
          { ...line, reason: 'quantity_changed', old: 4_000n, new: 6_000n, oldQuantity: '400', newQuantity: '600' },
        ],
      },
    ]);
  });

  test('another price for the same quantity is a changed price', async () => {
    await billedBefore(db, '2026-09', { acme: 5_000n }, '600');
    await inReview();
    const [, acme] = await readDifferences(db.database, { runId: PERIOD, period: PERIOD, contractId: null });
    expect(acme?.lines[0]).toMatchObject({ reason: 'price_changed', old: 5_000n, new: 6_000n });
  });
});
