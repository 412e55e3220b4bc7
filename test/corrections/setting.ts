import { collectRun } from '../../shared/billing/collect-run.ts';
import { rateShard } from '../../shared/billing/rate-shard.ts';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { type BillingPeriod, billingPeriod } from '../../shared/calendar/billing-period.ts';
import { type UtcDay, utcDay } from '../../shared/calendar/utc-day.ts';
import { type CorrectOutcome, correctShard } from '../../shared/corrections/correct-shard.ts';
import type { Database } from '../../shared/database/database.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import type { EventData } from '../../shared/events/catalogue.ts';
import { decimal } from '../../shared/exact/decimal.ts';
import { aggregateDay } from '../../shared/usage/aggregate.ts';
import { EFFECTS as NOVEMBER_FIRST, seedContracts } from '../billing/month.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { readerOf } from '../usage/reading.ts';

export const OCTOBER = billingPeriod('2026-10');
export const NOVEMBER = billingPeriod('2026-11');
export const OCTOBER_DAYS = ['2026-10-01', '2026-10-02', '2026-10-03'].map(utcDay);
export const NOVEMBER_DAYS = ['2026-11-01', '2026-11-02'].map(utcDay);
export const DECEMBER = billingPeriod('2026-12');
export const DECEMBER_DAYS = ['2026-12-01', '2026-12-02'].map(utcDay);
const REGIONS = ['eu-west', 'us-east'];

/** A clock that stands still after the three months. */
export const EFFECTS: Effects = { ...NOVEMBER_FIRST, now: () => new Date('2027-01-02T02:00:00Z') };

/** A price for each request: unit price 10. */
export const UNIT_PLAN = {
  plan: 'per-request',
  title: 'Per request',
  currency: 'usd',
  metrics: { requests: { unit: 'request', rollup: 'sum' } },
  parameters: { price: { value: '10', unit: 'usd/request' } },
  lines: [{ key: 'requests', label: 'API requests', quantity: 'requests', formula: 'requests * price' }],
};

/** Volume: up to 15 at 10, and from the 16th on all of them at 5. */
export const VOLUME_PLAN = {
  plan: 'volume',
  title: 'Volume',
  currency: 'usd',
  metrics: { requests: { unit: 'request', rollup: 'sum' } },
  parameters: {},
  rates: {
    request_rate: {
      per: 'request',
      tiers: [
        { upTo: '15', unitPrice: '10' },
        { upTo: null, unitPrice: '5' },
      ],
    },
  },
  lines: [{ key: 'requests', label: 'API requests', quantity: 'requests', formula: 'volume(requests, request_rate)' }],
};

/** Customers on a plan, with three measured days in October and two in each of the months after it. */
export async function openMonth(plan: unknown, customers: readonly string[] = ['acme']): Promise<TestDatabase> {
  const db = await createTestDatabase(EFFECTS);
  await seedContracts(db, customers, plan);
  await db.owner.query(
    `insert into usage_sources (source_id, version, metric, region, configuration, configuration_digest, active_from, active_to)
     select 'requests', m.version, 'requests', r.region, '{}', 'sha256:configuration', m.active_from, m.active_to
     from regions r cross join (values (2, date '2026-11-01', date '2026-11-03'), (3, '2026-12-01', '2026-12-03')) m (version, active_from, active_to)`,
  );
  return db;
}

async function aggregate(database: Database, region: string, day: UtcDay, rows: Readonly<Record<string, string>>) {
  const reading = {
    kind: 'complete' as const,
    rows: Object.entries(rows).map(([project, quantity]) => ({ project, quantity: decimal(quantity) })),
    evidence: { queries: [{ text: 'test', parameters: {} }], facts: {} },
  };
  const work = { region, day, snapshotAt: EFFECTS.now(), actor: 'service:aggregate-usage', why: 'test' };
  const result = await aggregateDay({ database, effects: EFFECTS, openReader: async () => readerOf(reading) }, work);
  if (result.kind !== 'aggregated') throw new Error(`${region} on ${day}: ${JSON.stringify(result)}`);
}

/** All of a period's cells: everything was used in us-east on the first day. */
export async function measure(database: Database, days: readonly UtcDay[], rows: Readonly<Record<string, string>>) {
  for (const [index, day] of days.entries())
    for (const region of REGIONS)
      await aggregate(database, region, day, index === 0 && region === 'us-east' ? rows : {});
}

/** The first day's cell again, with other usage. */
export async function measureAgain(database: Database, rows: Readonly<Record<string, string>>, day = '2026-10-01') {
  await aggregate(database, 'us-east', utcDay(day), rows);
}

/** A look at a period, as validate-usage takes it. */
export function look(database: Database, period: BillingPeriod = OCTOBER) {
  return database.transaction({ actor: 'service:validate-usage', why: 'test' }, (transaction) =>
    collectRun(transaction, EFFECTS, period),
  );
}

/** Rates a period that is complete, and signs it off. Returns the token that it was rated under. */
export async function rateRun(db: TestDatabase, period: BillingPeriod): Promise<number> {
  await look(db.database, period);
  const { rows } = await db.owner.query('select fencing_token from billing_runs where run_id = $1', [period]);
  const fencingToken: number = rows[0].fencing_token;
  await db.database.transaction({ actor: 'service:price-usage', why: 'test' }, (transaction) =>
    rateShard(transaction, EFFECTS, { runId: period, fencingToken, shard: 0 }),
  );
  return fencingToken;
}

export function signOff(db: TestDatabase, period: BillingPeriod) {
  return approveRun(
    { database: db.database, effects: EFFECTS },
    { runId: period, approver: 'person:fay', why: 'looked right' },
  );
}

/** October, measured, rated and signed off. */
export async function billOctober(db: TestDatabase, rows: Readonly<Record<string, string>>): Promise<void> {
  await measure(db.database, OCTOBER_DAYS, rows);
  await rateRun(db, OCTOBER);
  await signOff(db, OCTOBER);
}

/** The next month, rated: its invoices carry what is due. */
export async function rateNovember(db: TestDatabase, rows: Readonly<Record<string, string>>): Promise<void> {
  await measure(db.database, NOVEMBER_DAYS, rows);
  await rateRun(db, NOVEMBER);
}

/** December, rated: the second month after October. */
export async function rateDecember(db: TestDatabase, rows: Readonly<Record<string, string>>): Promise<void> {
  await measure(db.database, DECEMBER_DAYS, rows);
  await rateRun(db, DECEMBER);
}

/** Compares what has changed, as correct-invoices does with every message that waits. */
export async function compareChanges(db: TestDatabase): Promise<readonly CorrectOutcome[]> {
  return takeChanges(db, await changes(db));
}

/** The messages that say what changed. */
export async function changes(db: TestDatabase): Promise<readonly EventData<'period.changed'>[]> {
  const { rows } = await db.owner.query(
    `select body::jsonb -> 'data' as data from outbox where topic = 'period.changed'
     order by body::jsonb #>> '{data,period}', (body::jsonb #>> '{data,rerating}')::int, (body::jsonb #>> '{data,shard}')::int`,
  );
  return rows.map((row) => row.data);
}

/** Takes messages one after the other, each in its transaction. */
export async function takeChanges(
  db: Pick<TestDatabase, 'database'>,
  messages: readonly EventData<'period.changed'>[],
): Promise<readonly CorrectOutcome[]> {
  const outcomes: CorrectOutcome[] = [];
  for (const { runId, rerating, shard } of messages) {
    outcomes.push(
      await db.database.transaction({ actor: 'service:correct-invoices', why: 'test' }, (transaction) =>
        correctShard(transaction, EFFECTS, { runId, rerating, shard }),
      ),
    );
  }
  return outcomes;
}

/** Usage that came after the sign-off, compared. */
export async function comesLate(db: TestDatabase, rows: Readonly<Record<string, string>>, day?: string): Promise<void> {
  await measureAgain(db.database, rows, day);
  await look(db.database);
  await compareChanges(db);
}

export interface ShownAdjustment {
  readonly id: string;
  readonly status: string;
  readonly billed: number;
  readonly corrected: number;
  readonly total: number;
  readonly lines: readonly number[];
}

/** The adjustments, in the order in which they came, with their lines in minor units. */
export async function adjustments(db: TestDatabase): Promise<readonly ShownAdjustment[]> {
  const { rows } = await db.owner.query(
    `select adjustment_id as id, status, billed::int, corrected::int, total::int,
       (select coalesce(jsonb_agg((l ->> 'amount')::int), '[]') from jsonb_array_elements(document::jsonb -> 'lines') l) as lines
     from adjustments order by customer_id, period, length(adjustment_id), adjustment_id`,
  );
  return rows;
}

/** What a customer was billed for October in the end: its lines and the adjustments that stand (promise 12). */
export async function billedInTheEnd(db: TestDatabase, customer = 'acme'): Promise<number> {
  return Number((await db.owner.query(`select billed_of($1, '2026-10') as billed`, [customer])).rows[0].billed);
}

export async function rowsOf(db: TestDatabase, query: string): Promise<readonly Record<string, unknown>[]> {
  return (await db.owner.query(query)).rows;
}
