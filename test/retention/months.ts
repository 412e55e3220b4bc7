import { closeRun } from '../../shared/billing/close-run.ts';
import { collectRun } from '../../shared/billing/collect-run.ts';
import { rateShard } from '../../shared/billing/rate-shard.ts';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { type BillingPeriod, billingPeriod, nextPeriod, periodDays } from '../../shared/calendar/billing-period.ts';
import { addDays, startOf, type UtcDay, utcDay } from '../../shared/calendar/utc-day.ts';
import { activateContract, approveContract, draftContract } from '../../shared/catalogue/contracts.ts';
import { activatePlan, approvePlan, submitPlan } from '../../shared/catalogue/plan-versions.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { decimal } from '../../shared/exact/decimal.ts';
import { enforceRetention } from '../../shared/retention/enforce.ts';
import { planRetention, stateOf } from '../../shared/retention/plan.ts';

import { aggregateDay } from '../../shared/usage/aggregate.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { readerOf, type WholeReading } from '../usage/reading.ts';
import { seedWorld } from '../usage/seed.ts';

export const FIRST_MONTH = billingPeriod('2024-10');
const REGIONS = ['eu-west', 'us-east'] as const;

/** A fee, requests in tiers, and a line for each project: what an explanation must do without the rows. */
const PLAN = {
  plan: 'kept',
  title: 'Kept',
  currency: 'usd',
  metrics: { requests: { unit: 'request', rollup: 'sum' } },
  parameters: { fee: { value: '31', unit: 'usd' }, per_project: { value: '0.5', unit: 'usd/request' } },
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
    { key: 'fee', label: 'Fee', formula: 'fee * active_days / period_days' },
    { key: 'requests', label: 'API requests', quantity: 'requests', formula: 'graduated(requests, request_rate)' },
    { key: 'projects', label: 'Projects', quantity: 'requests', per: 'project', formula: 'requests * per_project' },
    { key: 'discount', label: 'Discount', formula: '-subtotal / 7', allowNegative: true },
  ],
};

/** Everything real but the clock, which stands where the test puts it. */
export class Clock {
  at = startOf(utcDay('2024-10-01'));
  readonly effects: Effects = {
    now: () => this.at,
    uuid: () => crypto.randomUUID(),
    fraction: () => 0.5,
    perform: (_effect, run) => run(),
  };
}

/** The months from the first one, in order. */
export function monthsFrom(first: BillingPeriod, count: number): BillingPeriod[] {
  const months = [first];
  while (months.length < count) months.push(nextPeriod(months.at(-1) ?? first));
  return months;
}

/** Customers on the plan since the first month, and sources that live for some days of each month. */
export async function seedMonths(
  db: TestDatabase,
  clock: Clock,
  size: { readonly months: number; readonly days: number; readonly customers?: readonly string[] },
): Promise<void> {
  const { customers = ['acme'], days } = size;
  const from = `${FIRST_MONTH}-01`;
  await seedWorld(db.owner, { from, to: addDays(utcDay(from), days), customers });
  await db.owner.query(`insert into principals values ('person:omar', 'person', '{operator}', null),
    ('service:enforce-retention', 'service', '{operator}', 'person:omar')`);
  // Time is simulated here; the owner of the schema says so.
  await db.owner.query(`update retention_policy set clock_ahead_limit = interval '100 years'`);
  for (const [index, month] of monthsFrom(FIRST_MONTH, size.months).entries()) {
    if (index === 0) continue;
    await db.owner.query(
      `insert into usage_sources (source_id, version, metric, region, configuration, configuration_digest, active_from, active_to)
       select 'requests', $1, 'requests', r.region, '{}', 'sha256:configuration', $2::date, $2::date + $3::int from regions r`,
      [index + 1, `${month}-01`, days],
    );
  }
  const deps = { database: db.database, effects: clock.effects };
  const submitted = await submitPlan(deps, { document: PLAN, author: 'person:ana', why: 'test' });
  if (submitted.kind !== 'submitted') throw new Error(submitted.detail);
  const { planVersion, diagnostics } = submitted;
  const acknowledged = diagnostics.map((finding) => finding.code);
  for (const approver of ['person:ben', 'person:fay'])
    await approvePlan(deps, { planVersion, approver, acknowledged, why: 'test' });
  await activatePlan(deps, { planVersion, actor: 'person:ana', from, why: 'test' });
  for (const customerId of customers) {
    const contractId = `${customerId}-1`;
    const terms = { contractId, customerId, mode: 'usage' as const, usagePlanVersion: planVersion };
    await draftContract(deps, { ...terms, startsOn: from, author: 'person:ana' });
    await approveContract(deps, { contractId, approver: 'person:ben', acknowledged, why: 'test' });
    const active = await activateContract(deps, { contractId, actor: 'person:ana', why: 'test' });
    if (active.kind !== 'done') throw new Error(active.detail);
  }
}

export function readingOf(rows: Readonly<Record<string, string>>): WholeReading {
  return {
    kind: 'complete',
    rows: Object.entries(rows).map(([project, quantity]) => ({ project, quantity: decimal(quantity) })),
    evidence: { queries: [{ text: 'q', parameters: {} }], facts: {} },
  };
}

/** One day of one region, from what `read` gives. */
export function aggregate(
  db: TestDatabase,
  clock: Clock,
  region: string,
  day: UtcDay,
  read: () => Promise<WholeReading>,
) {
  const dependencies = { database: db.database, effects: clock.effects, openReader: async () => readerOf(read) };
  const work = { region, day, snapshotAt: clock.at, actor: 'service:aggregate-usage', why: 'test' };
  return aggregateDay(dependencies, work);
}

/** A month's usage: every app used a figure that differs by day and region, and never so much that it looks wrong. */
export async function aggregateMonth(
  db: TestDatabase,
  clock: Clock,
  month: BillingPeriod,
  days: number,
  customers: readonly string[] = ['acme'],
): Promise<void> {
  for (let day = 0; day < days; day += 1) {
    for (const [index, region] of REGIONS.entries()) {
      const quantity = `${300 + day * 10 + index}.25`;
      const rows = Object.fromEntries(customers.map((customer) => [`${customer}-app`, quantity]));
      const result = await aggregate(db, clock, region, addDays(periodDays(month).from, day), async () =>
        readingOf(rows),
      );
      if (result.kind === 'refused') throw new Error(result.reason);
    }
  }
}

/** Rates the month and signs it off; the invoices stand as released to Stripe. */
export async function billMonth(db: TestDatabase, clock: Clock, month: BillingPeriod): Promise<void> {
  const intent = { actor: 'service:validate-usage', why: 'test' };
  const { effects } = clock;
  await db.database.transaction(intent, (transaction) => collectRun(transaction, effects, month));
  await db.database.transaction(intent, (transaction) =>
    rateShard(transaction, effects, { runId: month, fencingToken: 1, shard: 0 }),
  );
  const approved = await approveRun(
    { database: db.database, effects },
    { runId: month, approver: 'person:fay', why: 'test' },
  );
  if (approved.kind !== 'approved') throw new Error(approved.reason);
}

/** Takes the month's invoices to a state by the moves that there are, and closes the run when they are over. */
export async function settleMonth(
  db: TestDatabase,
  clock: Clock,
  month: BillingPeriod,
  last: 'finalized' | 'paid' | 'uncollectible' = 'paid',
): Promise<void> {
  const steps = ['drafted', 'verified', 'finalized', ...(last === 'finalized' ? [] : [last])];
  for (const status of steps) {
    await db.owner.query(
      `update invoices set status = $2, stripe_invoice_id = coalesce(stripe_invoice_id, 'in_' || replace(invoice_id, '/', '_')) where period = $1`,
      [month, status],
    );
  }
  await db.owner.query(`update billing_runs set status = 'issued' where run_id = $1`, [month]);
  const decision = { runId: month, actor: 'person:fay', why: 'test', leave: [] };
  const closed = await closeRun({ database: db.database, effects: clock.effects }, decision);
  if (closed.kind !== 'closed') throw new Error(`the run of ${month} was not closed: ${JSON.stringify(closed)}`);
}

/** A month from its usage to paid invoices and a closed run. */
export async function completeMonth(db: TestDatabase, clock: Clock, month: BillingPeriod, days: number): Promise<void> {
  clock.at = new Date(startOf(periodDays(month).to).getTime() + 8 * 3_600_000);
  await aggregateMonth(db, clock, month, days);
  await billMonth(db, clock, month);
  await settleMonth(db, clock, month);
}

/** The daily run, at half past three of a day. */
export function enforce(db: TestDatabase, clock: Clock, day: string) {
  clock.at = new Date(`${day}T03:30:00Z`);
  const work = { at: clock.at, actor: 'service:enforce-retention', why: `retention as of ${day}` };
  return enforceRetention({ database: db.database, effects: clock.effects }, work);
}

/** Month and state, as the table of partitions shows them. */
export async function statesOf(db: TestDatabase, clock: Clock): Promise<Record<string, string>> {
  const { months } = await planRetention(db.database, clock.at);
  return Object.fromEntries(months.map((month) => [month.month, stateOf(month)]));
}
