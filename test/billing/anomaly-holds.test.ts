import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { releaseUsageAnomaly } from '../../shared/billing/release-anomaly.ts';
import type { UtcDay } from '../../shared/calendar/utc-day.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { aggregate, aggregateAll, collect, DAYS, EFFECTS, rate, seedContracts } from './month.ts';

const SECOND = DAYS[1] as UtcDay;
const USAGE = { 'acme-app': '100', 'birch-app': '200' };

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedContracts(db, ['acme', 'birch']);
});
afterEach(() => db.remove());

async function invoices(): Promise<readonly { customer_id: string; status: string; hold_reason: string | null }[]> {
  const { rows } = await db.owner.query(
    `select customer_id, status::text, hold_reason from invoices where status <> 'superseded' order by customer_id`,
  );
  return rows;
}

describe('promise 19: usage that looks wrong', () => {
  beforeEach(async () => {
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

  /** Finance says of each that it is right, one after the other; returns the invoices that each let go on. */
  async function releaseAll(): Promise<(readonly string[])[]> {
    const { rows } = await db.owner.query(
      `select anomaly_id from usage_anomalies where status = 'open' order by anomaly_id`,
    );
    const deps = { database: db.database, effects: EFFECTS };
    const released: (readonly string[])[] = [];
    for (const { anomaly_id: id } of rows) {
      const outcome = await releaseUsageAnomaly(deps, {
        anomalyId: BigInt(id),
        actor: 'person:fay',
        why: 'a holiday',
      });
      if (outcome.kind === 'refused') throw new Error(outcome.detail);
      released.push(outcome.invoices);
    }
    return released;
  }

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
    expect(await releaseAll()).toEqual([[]]);
    expect((await invoices())[0]).toMatchObject({ customer_id: 'acme', status: 'held' });
  });

  test('holds nobody when a person has released it before the rating', async () => {
    await collect(db.database);
    expect(await releaseAll()).toEqual([[]]);
    expect(await rate(db.database, 0)).toMatchObject({ held: 0 });
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
