import type pg from 'pg';
import { billingPeriod } from '../../shared/calendar/billing-period.ts';
import { canonicalJson, digest } from '../../shared/canonical/canonical-json.ts';
import type { Addition } from '../../shared/catalogue/addition.ts';
import {
  activateContract,
  approveContract,
  type ContractTerms,
  draftContract,
} from '../../shared/catalogue/contracts.ts';
import { addCustomer, addProject, addRegion } from '../../shared/catalogue/customers.ts';
import type { ReviewedAddition } from '../../shared/catalogue/definitions.ts';
import type { CatalogueDeps } from '../../shared/catalogue/deps.ts';
import { addMetric } from '../../shared/catalogue/metrics.ts';
import { activatePlan, approvePlan, submitPlan } from '../../shared/catalogue/plan-versions.ts';
import { addPrincipal } from '../../shared/catalogue/principals.ts';
import { addSource } from '../../shared/catalogue/sources.ts';
import { openDatabase, type Transaction } from '../../shared/database/database.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { holdMonth } from '../../shared/retention/holds.ts';

export const PERIOD = billingPeriod('2026-10');
export const FINANCE = 'person:fay@example.com';
const AUTHOR = 'person:ana@example.com';
export const APPROVER = 'person:ben@example.com';
const WHY = 'the simulated month';
const SEEDED_AT = new Date('2026-09-30T12:00:00Z');
const FIRST_DAY = '2026-10-01';
const SECOND_DAY = '2026-10-02';
/** The sources' life is over on this day: the period is complete with five cells. */
const END = '2026-10-03';
/** They live again for the first two days of the next month. */
const NEXT = { from: '2026-11-01', to: '2026-11-03' } as const;
/** Months whose usage is two years old: the one is dropped, the other held. */
const OLD_MONTHS = ['2024-08', '2024-09'].map(billingPeriod);
export const HELD_MONTH = billingPeriod('2024-09');
export const REGIONS = ['us-east', 'eu-west'] as const;

/** In the order in which they are made in Stripe, which gives them their ids there. */
export const CUSTOMERS = ['acme', 'birch', 'cedar', 'dune'] as const;
export const stripeCustomerId = (index: number): string => `cus_daybook${String(index + 1).padStart(6, '0')}`;

const PROMETHEUS = {
  kind: 'prometheus',
  endpoint: 'main',
  regionLabel: 'region',
  scrapeIntervalSeconds: 3_600,
  staleAfterSeconds: 7_200,
  lookbackSeconds: 7_200,
  historySeconds: 86_400,
} as const;

const USAGE_PLAN = {
  plan: 'metered',
  title: 'Metered',
  currency: 'usd',
  metrics: { requests: { unit: 'request', rollup: 'sum' }, peak_rps: { unit: 'request/s', rollup: 'max' } },
  parameters: {
    platform_fee: { value: '100', unit: 'usd' },
    price: { value: '0.0137', unit: 'usd/request' },
    price_per_rps: { value: '1.25', unit: 'usd*s/request' },
  },
  lines: [
    { key: 'platform', label: 'Platform fee', formula: 'platform_fee * active_days / period_days' },
    { key: 'requests', label: 'API requests', quantity: 'requests', formula: 'requests * price' },
    { key: 'peak', label: 'Peak', quantity: 'peak_rps', formula: 'peak_rps * price_per_rps' },
  ],
};

const fixedFee = (plan: string, currency: string) => ({
  plan,
  title: plan,
  currency,
  parameters: { monthly_fee: { value: '490', unit: currency } },
  lines: [{ key: 'tier', label: 'Standard tier', formula: 'monthly_fee * active_days / period_days' }],
});

/**
 * Fills a migrated database: acme is billed by usage, birch in shadow mode, dune by a fixed tier for one day, and
 * cedar's contracts are in two currencies, which holds its invoice. The project "stray" belongs to nobody. Credits are
 * credit notes, and beyond ten dollars a person decides on a customer's adjustments.
 */
export async function seedCatalogue(url: string, owner: pg.Client): Promise<void> {
  const effects = { ...systemEffects(), now: () => SEEDED_AT };
  await owner.query(`select set_config('daybook.now', $1, false)`, [SEEDED_AT.toISOString()]);
  const options = { url, poolSize: 1, applicationName: 'simulation' };
  const asOwner = openDatabase({ ...options, role: null }, effects);
  await asOwner.transaction({ actor: 'deployment', why: WHY }, async (transaction) => {
    await addPrincipal(transaction, { principal: AUTHOR, kind: 'person', roles: ['author'] });
    await addPrincipal(transaction, { principal: APPROVER, kind: 'person', roles: ['approver'] });
    await addPrincipal(transaction, { principal: FINANCE, kind: 'person', roles: ['finance'] });
  });
  await asOwner.close();
  const database = openDatabase({ ...options, role: 'daybook_app' }, effects);
  await seedUsagePart({ database, effects });
  await owner.query('update usage_sources set active_to = $1', [END]);
  await owner.query(
    `insert into usage_sources select source_id, version + 1, metric, region, configuration, configuration_digest, $1, $2 from usage_sources`,
    [NEXT.from, NEXT.to],
  );
  await owner.query(
    `update adjustment_policies set credits_by = 'credit_note', automatic_up_to = 1000 where currency = 'usd'`,
  );
  await seedContracts({ database, effects });
  await seedOldUsage(owner);
  await holdMonth({ database, effects }, { month: HELD_MONTH, why: 'a case at court', author: FINANCE });
  await database.close();
}

/** Usage of long ago, as its checkpoints left it. One month is held by a person. */
async function seedOldUsage(owner: pg.Client): Promise<void> {
  // Time is simulated here; the owner of the schema says so.
  await owner.query(`update retention_policy set clock_ahead_limit = interval '100 years'`);
  await owner.query(`insert into principals values ('service:enforce-retention', 'service', '{operator}', $1)`, [
    FINANCE,
  ]);
  const { rows: sources } = await owner.query<{ configuration: string }>(
    `select configuration_digest as configuration from usage_sources where (region, source_id, version) = ('us-east', 'requests', 1)`,
  );
  for (const month of OLD_MONTHS) {
    const day = `${month}-01`;
    const cell = { configuration: sources[0]?.configuration ?? '', day, metric: 'requests', region: 'us-east' };
    const ofRows = digest(canonicalJson({ ...cell, rows: [['acme-app', 'acme', '7']], source: 'requests' }));
    const table = `usage_daily_${month.replace('-', '')}`;
    await owner.query(`
      begin;
      select set_config('daybook.actor', 'service:aggregate-usage', true);
      create table ${table} partition of usage_daily for values from ('${day}') to ('${month}-30');
      insert into usage_partitions (month, status) values ('${month}', 'open');
      with started as (
        insert into checkpoints (region, source_id, source_version, metric, day, status, started_at)
        values ('us-east', 'requests', 1, 'requests', '${day}', 'running', '${day}') returning *)
      insert into usage_daily select day, checkpoint_id, region, metric, 'acme-app', 'acme', 7 from started;
      update checkpoints set status = 'complete', revision = 1, row_count = 1, total = 7, digest = '${ofRows}',
        evidence = '{}', finished_at = started_at where day = '${day}';
      commit`);
  }
}

async function seedUsagePart(deps: CatalogueDeps): Promise<void> {
  const expectAdded = (addition: Addition | ReviewedAddition) => expectKind(addition, 'added');
  const review = { author: AUTHOR, approver: APPROVER, why: WHY };
  const add = (work: (transaction: Transaction) => Promise<Addition>) =>
    deps.database.transaction({ actor: AUTHOR, why: WHY }, work).then(expectAdded);
  const metric = { title: 'Metric', divisor: '1' };
  expectAdded(await addMetric(deps, { ...metric, metric: 'requests', unit: 'request', rollup: 'sum' }, review));
  expectAdded(await addMetric(deps, { ...metric, metric: 'peak_rps', unit: 'request/s', rollup: 'max' }, review));
  for (const region of REGIONS) {
    await add((transaction) => addRegion(transaction, { region, activeFrom: '2026-09-01' }));
    const configuration = { ...PROMETHEUS, selector: 'requests_total', aggregation: 'counter' };
    expectAdded(
      await addSource(
        deps,
        {
          sourceId: 'requests',
          metric: 'requests',
          region,
          configuration,
          activeFrom: FIRST_DAY,
        },
        review,
      ),
    );
  }
  const configuration = { ...PROMETHEUS, selector: 'requests_per_second', aggregation: 'max' };
  expectAdded(
    await addSource(
      deps,
      {
        sourceId: 'peak',
        metric: 'peak_rps',
        region: 'us-east',
        configuration,
        activeFrom: SECOND_DAY,
      },
      review,
    ),
  );
  for (const [index, customerId] of CUSTOMERS.entries()) {
    const customer = { customerId, name: customerId, stripeCustomerId: stripeCustomerId(index) };
    await add((transaction) => addCustomer(transaction, customer));
    const project = { projectId: `${customerId}-app`, customerId, ownedFrom: '2026-01-01' };
    await add((transaction) => addProject(transaction, project));
  }
}

async function seedContracts(deps: CatalogueDeps): Promise<void> {
  const usagePlanVersion = await activePlan(deps, USAGE_PLAN);
  const dollars = await activePlan(deps, fixedFee('tier-usd', 'usd'));
  const euros = await activePlan(deps, fixedFee('tier-eur', 'eur'));
  const contracts: readonly Omit<ContractTerms, 'author'>[] = [
    { contractId: 'acme-1', customerId: 'acme', mode: 'usage', usagePlanVersion, startsOn: FIRST_DAY },
    {
      contractId: 'birch-1',
      customerId: 'birch',
      mode: 'shadow',
      legacyPlanVersion: dollars,
      usagePlanVersion,
      startsOn: FIRST_DAY,
    },
    {
      contractId: 'cedar-1',
      customerId: 'cedar',
      mode: 'legacy',
      legacyPlanVersion: dollars,
      startsOn: FIRST_DAY,
      endsOn: '2026-10-16',
    },
    { contractId: 'cedar-2', customerId: 'cedar', mode: 'legacy', legacyPlanVersion: euros, startsOn: '2026-10-16' },
    {
      contractId: 'dune-1',
      customerId: 'dune',
      mode: 'legacy',
      legacyPlanVersion: dollars,
      startsOn: FIRST_DAY,
      endsOn: SECOND_DAY,
    },
  ];
  for (const terms of contracts) {
    const { contractId } = terms;
    expectKind(await draftContract(deps, { ...terms, author: AUTHOR }), 'drafted');
    expectKind(await approveContract(deps, { contractId, approver: APPROVER, why: WHY }), 'done');
    expectKind(await activateContract(deps, { contractId, actor: AUTHOR, why: WHY }), 'done');
  }
}

async function activePlan(deps: CatalogueDeps, document: unknown): Promise<string> {
  const submitted = await submitPlan(deps, { document, author: AUTHOR, why: WHY });
  if (submitted.kind === 'refused') throw new Error(`The plan was refused: ${submitted.detail}`);
  const { planVersion, diagnostics } = submitted;
  const acknowledged = diagnostics.map(({ code }) => code);
  expectKind(await approvePlan(deps, { planVersion, approver: FINANCE, acknowledged, why: WHY }), 'approved');
  expectKind(await activatePlan(deps, { planVersion, actor: AUTHOR, why: WHY, from: FIRST_DAY }), 'done');
  return planVersion;
}

function expectKind(outcome: { readonly kind: string }, kind: string): void {
  if (outcome.kind !== kind) throw new Error(`The simulated month could not be set up: ${JSON.stringify(outcome)}`);
}
