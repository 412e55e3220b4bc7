import type pg from 'pg';
import { collectRun } from '../../shared/billing/collect-run.ts';
import { rateShard } from '../../shared/billing/rate-shard.ts';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { billingPeriod } from '../../shared/calendar/billing-period.ts';
import { digest, digestOf } from '../../shared/canonical/canonical-json.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { type SeedPlan, seedPlans } from './seed-plans.ts';
import { METRICS, PROJECTS, REGIONS, seedUsage } from './seed-usage.ts';

const PERIOD = billingPeriod('2026-10');

/** The morning after the period. */
const SEED_NOW = new Date('2026-11-01T06:00:00Z');
export const seedEffects: Effects = { ...systemEffects(), now: () => SEED_NOW };

export interface SeedOptions {
  /** `collecting` lacks a cell; `in_review` is rated; `issuing` is signed off. */
  readonly stage?: 'collecting' | 'in_review' | 'issuing';
  /** Text that comes from outside, put wherever such text can stand. */
  readonly text?: string;
}

/** A small but whole month, rated by the real functions: five customers, two regions, three metrics, one customer held. */
export async function seedMonth(
  test: TestDatabase,
  { stage = 'in_review', text = 'Robotics' }: SeedOptions = {},
): Promise<void> {
  const { owner, database } = test;
  const plans = seedPlans(text);
  const usage = seedUsage(PERIOD, stage === 'collecting', text);
  // What came before the run is put there as it stands: its own way is tested elsewhere.
  await owner.query('set session_replication_role = replica');
  await seedCatalogue(owner, text);
  await seedPlansAndContracts(owner, plans, text);
  await owner.query("select prepare_usage_partitions('2026-10-01')");
  await insertRows(
    owner,
    'checkpoints',
    usage.checkpoints.map((row) => ({
      ...row,
      source_version: 1,
      started_at: at(row.day, '02:00'),
      finished_at: at(row.day, '02:01'),
    })),
    'overriding system value',
  );
  await insertRows(owner, 'usage_daily', usage.rows);
  await seedLastPeriod(owner);
  await seedTroubles(owner, text);
  await owner.query('set session_replication_role = origin');

  const intent = { actor: 'service:validate-usage', why: `every cell of ${PERIOD} is there ${text}` };
  await database.transaction(intent, (transaction) => collectRun(transaction, seedEffects, PERIOD));
  if (stage === 'collecting') return;
  await database.transaction({ actor: 'service:price-usage', why: 'period.completed' }, (transaction) =>
    rateShard(transaction, seedEffects, { runId: PERIOD, fencingToken: 1, shard: 0 }),
  );
  if (stage === 'in_review') return;
  const outcome = await approveRun(
    { database, effects: seedEffects },
    { runId: PERIOD, approver: 'person:finn@example.com', why: 'totals reviewed' },
  );
  if (outcome.kind === 'refused') throw new Error(outcome.reason);
}

/** A wall-clock time on the day after, when the day is read. */
function at(day: string, time: string): string {
  return new Date(Date.parse(`${day}T${time}:00Z`) + 86_400_000).toISOString();
}

/** Inserts objects whose keys are the columns. */
async function insertRows(owner: pg.Client, table: string, rows: readonly object[], clause = ''): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = Object.keys(first)
    .map((column) => owner.escapeIdentifier(column))
    .join(', ');
  const target = owner.escapeIdentifier(table);
  await owner.query(
    `insert into ${target} (${columns}) ${clause} select ${columns} from jsonb_populate_recordset(null::${target}, $1::jsonb)`,
    [JSON.stringify(rows)],
  );
}

async function seedCatalogue(owner: pg.Client, text: string): Promise<void> {
  await insertRows(owner, 'principals', [
    { principal: 'person:ana@example.com', kind: 'person', roles: ['author'], owner: null },
    { principal: 'person:finn@example.com', kind: 'person', roles: ['finance', 'approver'], owner: null },
  ]);
  await insertRows(
    owner,
    'regions',
    REGIONS.map((region) => ({ region, bigquery_location: 'EU', active_from: '2026-09-01', active_to: null })),
  );
  await insertRows(
    owner,
    'metrics',
    METRICS.map(({ metric, title, unit, rollup, divisor }) => ({ metric, title, unit, rollup, divisor })),
  );
  await insertRows(
    owner,
    'usage_sources',
    REGIONS.flatMap((region) =>
      METRICS.map(({ metric, source }) => ({
        ...{
          source_id: source,
          version: 1,
          metric,
          region,
          configuration: { kind: 'prometheus', selector: `${metric}_total`, note: text },
        },
        ...{ configuration_digest: digestOf([metric, region]), active_from: '2026-10-01', active_to: null },
      })),
    ),
  );
  const names = {
    'nimbus-robotics': `Nimbus ${text}`,
    'orbit-labs': 'Orbit Labs',
    'old-mill': 'Old Mill & Co',
    tideline: 'Tideline',
    'quanta-bank': 'Quanta Bank',
  };
  await insertRows(
    owner,
    'customers',
    Object.entries(names).map(([customer_id, name]) => ({
      customer_id,
      name,
      stripe_customer_id: customer_id === 'orbit-labs' ? null : `cus_${customer_id.replaceAll('-', '')}`,
    })),
  );
  await insertRows(
    owner,
    'projects',
    PROJECTS.map(({ project }) => ({ project_id: project })),
  );
  await insertRows(
    owner,
    'project_ownerships',
    PROJECTS.map(({ project, customer }) => ({
      project_id: project,
      customer_id: customer,
      owned_from: '2026-09-01',
      owned_to: null,
    })),
  );
}

async function seedPlansAndContracts(
  owner: pg.Client,
  plans: Readonly<Record<string, SeedPlan>>,
  text: string,
): Promise<void> {
  const versions = Object.entries(plans);
  const finding = {
    code: 'not_monotone',
    severity: 'warning',
    line: 'data',
    start: 0,
    end: 3,
    message: `More usage may cost less. ${text}`,
  };
  await insertRows(
    owner,
    'plans',
    versions.map(([, { plan }]) => ({ plan: plan.plan, title: plan.title })),
  );
  for (const [name, { plan, version, document }] of versions) {
    const inReview = name === 'unmeasured';
    await owner.query(
      `insert into plan_versions (plan_version, plan, document, currency, status, author, submitted_at, diagnostics, backtest_id, approvals_required, active_from)
       values ($1, $2, $3, $4, $5, 'person:ana@example.com', '2026-09-20T09:00:00Z', $6, 1, 1, $7)`,
      [
        version,
        plan.plan,
        document,
        plan.currency,
        inReview ? 'in_review' : 'active',
        JSON.stringify(name === 'enterprise' ? [finding] : []),
        inReview ? null : '2026-10-01',
      ],
    );
  }
  const contract = (
    customer: string,
    mode: string,
    legacy: string | undefined,
    usage: string | undefined,
    overrides: string,
  ) => ({
    contract_id: `${customer}-2026`,
    customer_id: customer,
    mode,
    legacy_plan_version: legacy ?? null,
    usage_plan_version: usage ?? null,
    overrides,
    starts_on: '2026-10-01',
    ends_on: null,
    status: 'active',
    author: 'person:ana@example.com',
    approver: 'person:finn@example.com',
    diagnostics: [],
  });
  const { enterprise, payAsYouGo, fixedTier, unmeasured } = plans;
  await insertRows(owner, 'contracts', [
    contract('nimbus-robotics', 'usage', undefined, enterprise?.version, '{"parameters":{"price_per_gb":"0.11"}}'),
    contract('orbit-labs', 'usage', undefined, payAsYouGo?.version, '{}'),
    contract('old-mill', 'legacy', fixedTier?.version, undefined, '{}'),
    contract('tideline', 'shadow', fixedTier?.version, enterprise?.version, '{}'),
    contract('quanta-bank', 'usage', undefined, unmeasured?.version, '{}'),
  ]);
}

/** September, closed and paid, to compare with. */
async function seedLastPeriod(owner: pg.Client): Promise<void> {
  const key = { run_id: '2026-09', fencing_token: 1, period: '2026-09' };
  const approved = {
    author: 'service:validate-usage',
    approver: 'person:finn@example.com',
    approved_at: '2026-10-02T09:00:00Z',
    opened_at: '2026-09-01T02:00:00Z',
  };
  await insertRows(owner, 'billing_runs', [
    {
      ...key,
      ...approved,
      scope: 'month',
      status: 'closed',
      period_from: '2026-09-01',
      period_to: '2026-10-01',
      grace_until: '2026-10-04T00:00:00Z',
      totals: '{"usd":{"held":0,"invoices":2,"total":"1049900"}}',
    },
  ]);
  const totals = { 'nimbus-robotics': '1000000', 'old-mill': '49900' };
  await insertRows(
    owner,
    'invoices',
    Object.entries(totals).map(([customer_id, total]) => {
      const document = `{"currency":"usd","invoice":"2026-09/${customer_id}/usage","lines":[],"segments":[],"total":"${total}"}`;
      const amounts = { currency: 'usd', subtotal: total, total, document, document_digest: digest(document) };
      return {
        ...key,
        ...amounts,
        invoice_id: `2026-09/${customer_id}/usage`,
        customer_id,
        series: 'usage',
        generation: 0,
        status: 'paid',
        stripe_invoice_id: `in_${customer_id.replaceAll('-', '')}09`,
        stripe_number: `DB-${customer_id.length}09`,
        rated_at: '2026-10-01T06:00:00Z',
      };
    }),
  );
}

async function seedTroubles(owner: pg.Client, text: string): Promise<void> {
  await owner.query(
    `insert into exceptions (class, subject, status, reason, detail, attempts, next_attempt_at, opened_at, ended_at, ended_by, why) values
     ('aggregation_failed', 'europe-west1/requests/2026-10-07', 'resolved', 'source_timeout', $1, 2, null, '2026-10-08T02:00:30Z', '2026-10-08T02:10:00Z', 'service:retry-exceptions', 'the day was read'),
     ('late_usage', '2026-09', 'open', 'inputs_changed_after_approval', $1, 1, null, '2026-10-12T08:00:00Z', null, null, null)`,
    [`the source did not answer ${text}`],
  );
  await owner.query(
    `insert into dead_letters (subscription, message_id, message, data_base64, reason, status, received_at)
     values ('usage.checkpointed.validate-usage', '1042', $1, encode(convert_to($1, 'UTF8'), 'base64'), $2, 'waiting', '2026-10-31T02:05:00Z')`,
    [`{"version":9,"note":"${text}"}`, `unknown version 9 of usage.checkpointed; this build reads version 1 ${text}`],
  );
  await owner.query(
    `insert into alerts (alert_key, severity, title, place, why, recover, raised_at, attempts, attempted_at, next_attempt_at, last_error)
     values ('alert:seed', 'warning', $1, 'region europe-west1', 'scrape_gap: a target was down', 'npm run daybook -- status', '2026-11-01T05:58:00Z', 1, '2026-11-01T05:58:01Z', '2026-11-01T06:03:00Z', 'rate_limited')`,
    [`Usage of europe-west1 is incomplete ${text}`],
  );
}
