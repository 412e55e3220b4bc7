import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { releaseUsageAnomaly } from '../../shared/billing/release-anomaly.ts';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { billingPeriod } from '../../shared/calendar/billing-period.ts';
import { type UtcDay, utcDay } from '../../shared/calendar/utc-day.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { aggregate, aggregateAll, collect, DAYS, EFFECTS, PERIOD, REQUEST_PLAN, rate, seedContracts } from './month.ts';

const SECOND = DAYS[1] as UtcDay;
const USAGE = { 'acme-app': '100', 'birch-app': '200' };

let db: TestDatabase;
/** Work that another connection does right before the next statement of that name. */
let before: { readonly statement: string; readonly work: () => Promise<unknown> } | undefined;
const effects: Effects = {
  ...EFFECTS,
  perform: async (effect, run) => {
    if (before !== undefined && effect.kind === 'sql' && effect.name === before.statement) {
      const { work } = before;
      before = undefined;
      await work();
    }
    return run();
  },
};
beforeEach(async () => {
  before = undefined;
  db = await createTestDatabase(effects);
});
afterEach(() => db.remove());

async function invoices(): Promise<readonly { customer_id: string; status: string; hold_reason: string | null }[]> {
  const { rows } = await db.owner.query(
    `select customer_id, status::text, hold_reason from invoices where status <> 'superseded' order by customer_id`,
  );
  return rows;
}

/** Finance says of each that it is right, one after the other; returns the invoices that each let go on. */
async function releaseAll(): Promise<(readonly string[])[]> {
  const { rows } = await db.owner.query(
    `select anomaly_id from usage_anomalies where status = 'open' order by anomaly_id`,
  );
  const released: (readonly string[])[] = [];
  for (const { anomaly_id: id } of rows) {
    const decision = { anomalyId: BigInt(id), actor: 'person:fay', why: 'a holiday' };
    const outcome = await releaseUsageAnomaly({ database: db.database, effects: EFFECTS }, decision);
    if (outcome.kind === 'refused') throw new Error(outcome.detail);
    released.push(outcome.invoices);
  }
  return released;
}

describe('promise 19: usage that looks wrong', () => {
  beforeEach(async () => {
    await seedContracts(db, ['acme', 'birch']);
    await aggregateAll(db.database, USAGE);
    await aggregate(db.database, 'us-east', SECOND, { 'birch-app': '200' });
  });

  test('holds the customer that it touches, and the others go on', async () => {
    await collect(db.database);
    expect(await rate(db.database, 0)).toMatchObject({ kind: 'rated', invoices: 2, held: 1 });
    expect(await invoices()).toEqual([
      {
        customer_id: 'acme',
        status: 'held',
        hold_reason: expect.stringMatching(
          /^usage_anomaly: #\d+ us-east\/requests\/2026-10-02: project acme-app has no row, and had 100 the day before\. .*daybook usage anomalies --period 2026-10$/,
        ),
      },
      { customer_id: 'birch', status: 'rated', hold_reason: null },
    ]);
  });

  test('lets the invoice go on when a person has released the last of its anomalies', async () => {
    await aggregate(db.database, 'eu-west', SECOND, { 'birch-app': '200' });
    await collect(db.database);
    await rate(db.database, 0);
    expect(await releaseAll()).toEqual([[], ['2026-10/acme/usage']]);
    expect((await invoices()).map(({ status }) => status)).toEqual(['rated', 'rated']);
    const holds = await db.owner.query('select reason, released_by, released_why from invoice_holds');
    expect(holds.rows).toEqual([{ reason: 'usage_anomaly', released_by: 'person:fay', released_why: 'a holiday' }]);
    const run = await db.owner.query(`select totals::jsonb -> 'usd' ->> 'held' as held from billing_runs`);
    expect(run.rows).toEqual([{ held: '0' }]);
  });

  test('keeps an invoice held that has another reason too', async () => {
    await db.owner.query(`update customers set stripe_customer_id = null where customer_id = 'acme'`);
    await collect(db.database);
    await rate(db.database, 0);
    const { rows } = await db.owner.query('select reason from invoice_holds order by hold');
    expect(rows.map(({ reason }) => reason)).toEqual(['unmapped_customer', 'usage_anomaly']);
    expect(await releaseAll()).toEqual([[]]);
    expect((await invoices())[0]).toMatchObject({ customer_id: 'acme', status: 'held' });
  });

  test('holds nobody when a person has released it before the rating', async () => {
    await collect(db.database);
    expect(await releaseAll()).toEqual([[]]);
    expect(await rate(db.database, 0)).toMatchObject({ held: 0 });
  });

  test('holds nobody when a person releases it while its shard is being rated', async () => {
    await collect(db.database);
    before = { statement: 'billing_run_lock', work: async () => expect(await releaseAll()).toEqual([[]]) };
    expect(await rate(db.database, 0)).toMatchObject({ held: 0 });
    expect(before).toBeUndefined();
    expect((await invoices()).map(({ status }) => status)).toEqual(['rated', 'rated']);
    expect((await db.owner.query('select from invoice_holds')).rowCount).toBe(0);
  });

  test('holds nobody any more when the day is read again and the figure is mended', async () => {
    await collect(db.database);
    await rate(db.database, 0);
    await aggregate(db.database, 'us-east', SECOND, USAGE);
    expect(await collect(db.database)).toBe('pinned');
    expect(await rate(db.database, 0, 2)).toMatchObject({ invoices: 2, held: 0 });
    expect((await invoices()).map(({ status }) => status)).toEqual(['rated', 'rated']);
  });

  test('does not hold who is billed a fixed tier, whose invoice does not rest on it', async () => {
    await db.owner.query(`alter table contracts disable trigger user;
      update contracts set mode = 'legacy', legacy_plan_version = usage_plan_version where customer_id = 'acme';
      alter table contracts enable trigger user`);
    await collect(db.database);
    expect(await rate(db.database, 0)).toMatchObject({ held: 0 });
  });
});

describe('promise 19: a rerun of the month before that makes a day of this one look wrong', () => {
  const LAST_OF_SEPTEMBER = utcDay('2026-09-30');
  const SEPTEMBER = billingPeriod('2026-09');

  beforeEach(async () => {
    await seedContracts(db, ['acme', 'birch'], REQUEST_PLAN, { from: LAST_OF_SEPTEMBER, to: '2026-10-04' });
    await aggregate(db.database, 'eu-west', LAST_OF_SEPTEMBER, { 'birch-app': '200' });
    await aggregate(db.database, 'us-east', LAST_OF_SEPTEMBER, { 'birch-app': '200' });
    await collect(db.database, undefined, SEPTEMBER);
    await aggregateAll(db.database, USAGE);
    await aggregate(db.database, 'us-east', DAYS[0] as UtcDay, { 'birch-app': '200' });
    expect(await collect(db.database)).toBe('pinned');
  });

  /** acme had usage on the last day of September after all, so that it is missed on the first of October. */
  async function rerunSeptember(): Promise<void> {
    await aggregate(db.database, 'us-east', LAST_OF_SEPTEMBER, USAGE);
    await collect(db.database, undefined, SEPTEMBER);
  }

  async function review() {
    const { rows } = await db.owner.query(
      `select status, fencing_token, totals::jsonb -> 'usd' ->> 'held' as held, run_review_digest(run_id) as digest from billing_runs where run_id = $1`,
      [PERIOD],
    );
    return rows[0] as { status: string; fencing_token: number; held: string; digest: string };
  }

  test('holds the rated invoice that it touches, and what was reviewed before is not signed off', async () => {
    expect(await rate(db.database, 0)).toMatchObject({ invoices: 2, held: 0 });
    const reviewed = await review();
    await rerunSeptember();
    expect(await invoices()).toMatchObject([
      { customer_id: 'acme', status: 'held', hold_reason: expect.stringMatching(/^usage_anomaly: .*2026-10-01/) },
      { customer_id: 'birch', status: 'rated', hold_reason: null },
    ]);
    const now = await review();
    expect(now).toMatchObject({ status: 'in_review', fencing_token: 1, held: '1' });
    expect(now.digest).not.toBe(reviewed.digest);
    const signOff = { runId: PERIOD, approver: 'person:fay', why: 'looked at it', reviewed: reviewed.digest };
    expect(await approveRun({ database: db.database, effects: EFFECTS }, signOff)).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('is not what was reviewed'),
    });
    expect(await releaseAll()).toEqual([['2026-10/acme/usage']]);
    expect(await review()).toMatchObject({ held: '0', digest: reviewed.digest });
  });

  test('holds it also when it comes while the shard is being rated', async () => {
    before = { statement: 'billing_run_lock', work: rerunSeptember };
    expect(await rate(db.database, 0)).toMatchObject({ invoices: 2, held: 1 });
    expect(before).toBeUndefined();
    expect(await invoices()).toMatchObject([
      { customer_id: 'acme', status: 'held' },
      { customer_id: 'birch', status: 'rated' },
    ]);
  });

  test('names the new reason on an invoice that is held for another, and the digest of the review is another', async () => {
    await db.owner.query(`update customers set stripe_customer_id = null where customer_id = 'acme'`);
    await rate(db.database, 0);
    const reviewed = await review();
    await rerunSeptember();
    const { rows } = await db.owner.query(`select reason from invoice_holds order by hold`);
    expect(rows.map(({ reason }) => reason)).toEqual(['unmapped_customer', 'usage_anomaly']);
    expect((await invoices())[0]?.hold_reason).toMatch(/^unmapped_customer: .*; usage_anomaly: /);
    expect((await review()).digest).not.toBe(reviewed.digest);
  });

  test('leaves the invoices of a run that was signed off as they are', async () => {
    await rate(db.database, 0);
    await approveRun({ database: db.database, effects: EFFECTS }, { runId: PERIOD, approver: 'person:fay', why: 'ok' });
    await rerunSeptember();
    expect((await invoices()).map(({ status }) => status)).toEqual(['approved', 'approved']);
  });
});
