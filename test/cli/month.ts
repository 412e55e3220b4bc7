import { collectRun } from '../../shared/billing/collect-run.ts';
import { rateShard } from '../../shared/billing/rate-shard.ts';
import { billingPeriod } from '../../shared/calendar/billing-period.ts';
import { type UtcDay, utcDay } from '../../shared/calendar/utc-day.ts';
import { activateContract, approveContract, draftContract } from '../../shared/catalogue/contracts.ts';
import { submitPlan } from '../../shared/catalogue/plan-submission.ts';
import { activatePlan, approvePlan } from '../../shared/catalogue/plan-versions.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { decimal } from '../../shared/exact/decimal.ts';
import { aggregateDay } from '../../shared/usage/aggregate.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { readerOf, type WholeReading } from '../usage/reading.ts';
import { seedWorld } from '../usage/seed.ts';

export const PERIOD = billingPeriod('2026-10');
export const REGIONS = ['eu-west', 'us-east'] as const;
/** The sources of these tests live for three days: with 2 regions and 2 metrics the period requires 12 cells. */
export const DAYS: readonly UtcDay[] = ['2026-10-01', '2026-10-02', '2026-10-03'].map(utcDay);

/** A clock that stands still after the period, and everything else real. */
export const EFFECTS: Effects = {
  now: () => new Date('2026-11-02T08:00:00Z'),
  uuid: () => crypto.randomUUID(),
  fraction: () => 0.5,
  perform: (_effect, run) => run(),
};

/** A fee by days, requests in tiers of 0 and 0.10 usd, and the peak of each project. */
const PLAN = {
  plan: 'enterprise',
  title: 'Enterprise',
  currency: 'usd',
  metrics: { requests: { unit: 'request', rollup: 'sum' }, peak_rps: { unit: 'request/s', rollup: 'max' } },
  parameters: { fee: { value: '310', unit: 'usd' }, price_per_rps: { value: '0.5', unit: 'usd*s/request' } },
  rates: {
    request_rate: {
      per: 'request',
      tiers: [
        { upTo: '100', unitPrice: '0' },
        { upTo: null, unitPrice: '0.1' },
      ],
    },
  },
  lines: [
    { key: 'fee', label: 'Platform fee', formula: 'fee * active_days / period_days' },
    { key: 'requests', label: 'API requests', quantity: 'requests', formula: 'graduated(requests, request_rate)' },
    { key: 'peak', label: 'Peak', quantity: 'peak_rps', per: 'project', formula: 'peak_rps * price_per_rps' },
  ],
};

/** By source, what it says of every region and day. */
export type MonthUsage = Readonly<Record<string, readonly { readonly project: string; readonly quantity: string }[]>>;

/** What each source says of every region and day: acme's app at most 70 requests/s in one region, 140 over both. */
const USAGE: MonthUsage = {
  requests: [
    { project: 'acme-app', quantity: '50.25' },
    { project: 'birch-app', quantity: '1' },
  ],
  'peak-rps': [{ project: 'acme-app', quantity: '70' }],
};

/** People, two metrics in two regions, and acme on the plan with a fee of its own, through the real review. */
export async function seedCatalogue(db: TestDatabase): Promise<void> {
  await seedWorld(db.owner, { customers: ['acme', 'birch'], from: '2026-10-01', to: '2026-10-04' });
  await db.owner.query(`insert into principals values ('person:omar', 'person', '{operator}', null)`);
  await db.owner.query(`insert into metrics values ('peak_rps', 'Peak requests', 'request/s', 'max', 1)`);
  await db.owner.query(
    `insert into usage_sources (source_id, version, metric, region, configuration, configuration_digest, active_from, active_to)
     select 'peak-rps', 1, 'peak_rps', r.region, '{}', 'sha256:peak', '2026-10-01', '2026-10-04' from regions r`,
  );
  const deps = { database: db.database, effects: EFFECTS };
  const submitted = await submitPlan(deps, { document: PLAN, author: 'person:ana', why: 'test' });
  if (submitted.kind !== 'submitted') throw new Error(submitted.detail);
  const { planVersion, diagnostics } = submitted;
  const acknowledged = diagnostics.map((finding) => finding.code);
  for (const approver of ['person:ben', 'person:fay'])
    await approvePlan(deps, { planVersion, approver, acknowledged, why: 'test' });
  await activatePlan(deps, { planVersion, actor: 'person:ana', from: '2026-10-01', why: 'test' });
  const contractId = 'acme-1';
  const terms = {
    contractId,
    customerId: 'acme',
    mode: 'usage' as const,
    usagePlanVersion: planVersion,
    overrides: { parameters: { fee: '620' } },
  };
  await draftContract(deps, { ...terms, startsOn: '2026-10-01', author: 'person:ana' });
  await approveContract(deps, { contractId, approver: 'person:ben', acknowledged, why: 'test' });
  const active = await activateContract(deps, { contractId, actor: 'person:ana', why: 'test' });
  if (active.kind !== 'done') throw new Error(active.detail);
}

function readingOf(usage: MonthUsage, source: string, region: string, day: string): WholeReading {
  const rows = (usage[source] ?? []).map(({ project, quantity }) => ({ project, quantity: decimal(quantity) }));
  const evidence = {
    queries: [
      { text: `last_over_time(${source}{region="${region}"}[86400s])`, parameters: { time: `${day}T23:59:59.999Z` } },
    ],
    facts: { series: rows.length },
  };
  return { kind: 'complete', rows, evidence };
}

/** Aggregates one region's day from the readings above; `failing` names a source that cannot be reached. */
export async function aggregateRegion(
  db: TestDatabase,
  region: string,
  day: UtcDay,
  failing?: string,
  usage: MonthUsage = USAGE,
): Promise<void> {
  const openReader = async (source: { readonly source_id: string }) =>
    readerOf(
      source.source_id === failing
        ? {
            kind: 'incomplete',
            reason: 'source_timeout',
            detail: 'the source gave no answer in 60 s; run the day again',
            evidence: { queries: [], facts: {} },
          }
        : readingOf(usage, source.source_id, region, day),
    );
  const work = { region, day, snapshotAt: EFFECTS.now(), actor: 'service:aggregate-usage', why: 'test' };
  await aggregateDay({ database: db.database, effects: EFFECTS, openReader }, work);
}

/** Every cell of the period; `more` is what further sources, or the same ones instead, say of every region and day. */
export async function aggregateMonth(db: TestDatabase, more: MonthUsage = {}): Promise<void> {
  for (const region of REGIONS)
    for (const day of DAYS) await aggregateRegion(db, region, day, undefined, { ...USAGE, ...more });
}

/** From complete usage to a run in review, as the functions take it there. */
export async function rateMonth(db: TestDatabase, fencingToken = 1): Promise<void> {
  const intent = { actor: 'service:validate-usage', why: 'test' };
  await db.database.transaction(intent, (transaction) => collectRun(transaction, EFFECTS, PERIOD));
  await db.database.transaction(intent, (transaction) =>
    rateShard(transaction, EFFECTS, { runId: PERIOD, fencingToken, shard: 0 }),
  );
}

/** A database with acme's month in review. */
export async function ratedMonth(): Promise<TestDatabase> {
  const db = await createTestDatabase();
  await seedCatalogue(db);
  await aggregateMonth(db);
  await rateMonth(db);
  return db;
}
