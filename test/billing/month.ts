import { expect } from 'vitest';
import { collectRun } from '../../shared/billing/collect-run.ts';
import { rateShard } from '../../shared/billing/rate-shard.ts';
import { billingPeriod } from '../../shared/calendar/billing-period.ts';
import { type UtcDay, utcDay } from '../../shared/calendar/utc-day.ts';
import { activateContract, approveContract, draftContract } from '../../shared/catalogue/contracts.ts';
import { activatePlan, approvePlan, submitPlan } from '../../shared/catalogue/plan-versions.ts';
import type { Database } from '../../shared/database/database.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { decimal } from '../../shared/exact/decimal.ts';
import { aggregateDay } from '../../shared/usage/aggregate.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { readerOf, type WholeReading } from '../usage/reading.ts';
import { seedWorld } from '../usage/seed.ts';

export const PERIOD = billingPeriod('2026-10');
/** The sources of these tests live for three days, so that the period is complete with six cells. */
export const DAYS: readonly UtcDay[] = ['2026-10-01', '2026-10-02', '2026-10-03'].map(utcDay);
export const REGIONS = ['eu-west', 'us-east'] as const;

/** 0.10 usd per request. */
export const REQUEST_PLAN = {
  plan: 'per-request',
  title: 'Per request',
  currency: 'usd',
  metrics: { requests: { unit: 'request', rollup: 'sum' } },
  parameters: { price: { value: '0.1', unit: 'usd/request' } },
  lines: [{ key: 'requests', label: 'API requests', quantity: 'requests', formula: 'requests * price' }],
};

/** A clock that stands still just after the period, and everything else real. */
export const EFFECTS: Effects = {
  now: () => new Date('2026-11-01T02:00:00Z'),
  uuid: () => crypto.randomUUID(),
  fraction: () => 0.5,
  perform: (_effect, run) => run(),
};

/** Customers on contracts of the plan, through the real review: Ana writes, Ben and Fay approve. */
export async function seedContracts(
  db: TestDatabase,
  customers: readonly string[],
  plan: unknown = REQUEST_PLAN,
  sources: { readonly from: string; readonly to: string } = { from: '2026-10-01', to: '2026-10-04' },
): Promise<string> {
  await seedWorld(db.owner, { customers, ...sources });
  const deps = { database: db.database, effects: EFFECTS };
  const submitted = await submitPlan(deps, { document: plan, author: 'person:ana', why: 'test' });
  if (submitted.kind !== 'submitted') throw new Error(submitted.detail);
  const { planVersion, diagnostics } = submitted;
  const acknowledged = diagnostics.map((finding) => finding.code);
  for (const approver of ['person:ben', 'person:fay'])
    await approvePlan(deps, { planVersion, approver, acknowledged, why: 'test' });
  expect(await activatePlan(deps, { planVersion, actor: 'person:ana', from: '2026-10-01', why: 'test' })).toMatchObject(
    { kind: 'done' },
  );
  for (const customerId of customers) {
    const contractId = `${customerId}-1`;
    await draftContract(deps, {
      contractId,
      customerId,
      mode: 'usage',
      usagePlanVersion: planVersion,
      startsOn: '2026-10-01',
      author: 'person:ana',
    });
    await approveContract(deps, { contractId, approver: 'person:ben', acknowledged, why: 'test' });
    expect(await activateContract(deps, { contractId, actor: 'person:ana', why: 'test' })).toMatchObject({
      kind: 'done',
    });
  }
  return planVersion;
}

/** Aggregates one cell: every customer's app used `quantity`, or what `rows` says. */
export async function aggregate(
  database: Database,
  region: string,
  day: UtcDay,
  rows: Readonly<Record<string, string>>,
): Promise<void> {
  const reading: WholeReading = {
    kind: 'complete',
    rows: Object.entries(rows).map(([project, quantity]) => ({ project, quantity: decimal(quantity) })),
    evidence: { queries: [{ text: 'test', parameters: {} }], facts: {} },
  };
  const work = { region, day, snapshotAt: EFFECTS.now(), actor: 'service:aggregate-usage', why: 'test' };
  const result = await aggregateDay({ database, effects: EFFECTS, openReader: async () => readerOf(reading) }, work);
  expect(result).toMatchObject({ kind: 'aggregated' });
}

/** Every cell of the period, with the same usage in each. */
export async function aggregateAll(database: Database, rows: Readonly<Record<string, string>>): Promise<void> {
  for (const day of DAYS) for (const region of REGIONS) await aggregate(database, region, day, rows);
}

/** A look at the period's completeness, as validate-usage takes it. */
export function collect(database: Database, customers?: number, period = PERIOD) {
  const limits = customers === undefined ? undefined : { customers, rows: 1_000_000 };
  return database.transaction({ actor: 'service:validate-usage', why: 'test' }, (transaction) =>
    collectRun(transaction, EFFECTS, period, limits),
  );
}

/** Rates one shard of the month, as price-usage does. */
export function rate(database: Database, shard: number, fencingToken = 1) {
  return rateOf(database, PERIOD, shard, fencingToken);
}

/** Rates one shard of any run. */
export function rateOf(database: Database, runId: string, shard: number, fencingToken = 1) {
  return database.transaction({ actor: 'service:price-usage', why: 'test' }, (transaction) =>
    rateShard(transaction, EFFECTS, { runId, fencingToken, shard }),
  );
}
