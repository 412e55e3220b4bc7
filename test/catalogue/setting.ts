import { addCustomer, addProject, addRegion } from '../../shared/catalogue/customers.ts';
import type { CatalogueDeps } from '../../shared/catalogue/deps.ts';
import { addMetric } from '../../shared/catalogue/metrics.ts';
import { addPrincipal } from '../../shared/catalogue/principals.ts';
import { openDatabase, type Transaction } from '../../shared/database/database.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';

export const ANA = 'person:ana@example.com';
export const BEN = 'person:ben@example.com';
export const FAY = 'person:fay@example.com';
export const VIC = 'person:vic@example.com';
/** Service accounts: Ana's, Ben's, and one that nobody answers for. */
export const ANAS_ROBOT = 'service:ana-robot';
export const BENS_ROBOT = 'service:ben-robot';
export const ORPHAN = 'service:orphan';

const NOW = new Date('2026-11-02T09:00:00Z');
export const WHY = 'because the test says so';
/** How metrics and sources of a test are put in force. */
export const REVIEW = { author: ANA, approver: BEN, why: 'set up' };

/** What PostgreSQL answers (SQLSTATE) to a role without the privilege, and to a row that breaks a constraint. */
export const PERMISSION_DENIED = '42501';
export const CHECK_VIOLATION = '23514';

export interface Setting {
  readonly test: TestDatabase;
  /** As the application. */
  readonly deps: CatalogueDeps;
  /** Runs statements with the application's role, as somebody, in one transaction: what a person with SQL access could try. */
  asApplication(
    actor: string,
    ...statements: readonly (string | readonly [string, readonly unknown[]])[]
  ): Promise<void>;
  close(): Promise<void>;
}

export function fixedEffects(): Effects {
  return { ...systemEffects(), now: () => NOW };
}

/** A migrated database with people, metrics, a region and one customer. */
export async function openSetting(): Promise<Setting> {
  const effects = fixedEffects();
  const test = await createTestDatabase(effects);
  const owner = openDatabase({ url: test.url, role: null, poolSize: 1, applicationName: 'test' }, effects);
  try {
    await owner.transaction({ actor: 'deployment', why: 'set up' }, addPeople);
  } finally {
    await owner.close();
  }
  const deps = { database: test.database, effects };
  await addCatalogue(deps);
  return {
    test,
    deps,
    asApplication: async (actor, ...statements) => {
      const { owner: client } = test;
      await client.query('begin');
      try {
        await client.query('set local role daybook_app');
        await client.query("select set_config('daybook.actor', $1, true)", [actor]);
        for (const statement of statements) {
          if (typeof statement === 'string') await client.query(statement);
          else await client.query(statement[0], [...statement[1]]);
        }
        await client.query('commit');
      } catch (error) {
        await client.query('rollback');
        throw error;
      }
    },
    close: () => test.remove(),
  };
}

/** A period whose run was approved, on whatever usage there is; `until` is the first day after it. */
export async function closePeriod({ test: { owner } }: Setting, period: string, until: string): Promise<void> {
  await owner.query('set session_replication_role = replica');
  await owner.query(
    `insert into billing_runs (run_id, scope, period, status, period_from, period_to, grace_until, author, approver, approved_at, opened_at)
     values ($1, 'all', $1, 'approved', $2, $3, now(), 'service:validate-usage', $4, now(), now())`,
    [period, `${period}-01`, until, FAY],
  );
  await owner.query('set session_replication_role = origin');
}

async function addPeople(transaction: Transaction): Promise<void> {
  await addPrincipal(transaction, { principal: ANA, kind: 'person', roles: ['author', 'approver', 'finance'] });
  await addPrincipal(transaction, { principal: BEN, kind: 'person', roles: ['author', 'approver'] });
  await addPrincipal(transaction, { principal: FAY, kind: 'person', roles: ['finance'] });
  await addPrincipal(transaction, { principal: VIC, kind: 'person', roles: ['viewer'] });
  await addPrincipal(transaction, {
    principal: ANAS_ROBOT,
    kind: 'service',
    roles: ['author', 'approver', 'finance'],
    owner: ANA,
  });
  await addPrincipal(transaction, {
    principal: BENS_ROBOT,
    kind: 'service',
    roles: ['author', 'approver'],
    owner: BEN,
  });
  await addPrincipal(transaction, { principal: ORPHAN, kind: 'service', roles: ['author', 'approver', 'finance'] });
}

async function addCatalogue(deps: CatalogueDeps): Promise<void> {
  await deps.database.transaction({ actor: ANA, why: 'set up' }, async (transaction) => {
    await addRegion(transaction, { region: 'us-central1', activeFrom: '2026-07-01' });
    await addCustomer(transaction, { customerId: 'acme', name: 'Acme' });
    await addProject(transaction, { projectId: 'acme-1', customerId: 'acme', ownedFrom: '2026-07-01' });
  });
  const sum = { rollup: 'sum', divisor: '1' } as const;
  await addMetric(deps, { ...sum, metric: 'requests', title: 'Requests', unit: 'request' }, REVIEW);
  await addMetric(deps, { ...sum, metric: 'data_gb', title: 'Data', unit: 'GB' }, REVIEW);
  await addMetric(deps, { ...sum, metric: 'peak_rps', title: 'Peak', unit: 'request/s', rollup: 'max' }, REVIEW);
}

/** A sound plan. `price` is what a GB costs. */
export function usagePlan(price = '0.13', more: Readonly<Record<string, unknown>> = {}) {
  return {
    plan: 'team',
    title: 'Team',
    currency: 'usd',
    metrics: { data_gb: { unit: 'GB', rollup: 'sum' } },
    parameters: {
      platform_fee: { value: '100', unit: 'usd' },
      price_per_gb: { value: price, unit: 'usd/GB' },
    },
    lines: [
      { key: 'platform', label: 'Platform fee', formula: 'platform_fee * active_days / period_days' },
      { key: 'data', label: 'Data', quantity: 'data_gb', formula: 'data_gb * price_per_gb' },
    ],
    ...more,
  };
}

/** The same plan with a line that can go negative: an error of the check. */
export function faultyPlan() {
  return usagePlan('0.13', {
    lines: [{ key: 'data', label: 'Data', formula: 'data_gb * price_per_gb - platform_fee' }],
  });
}

/** The same plan with a parameter that nothing uses: a warning of the check. */
export function planWithWarning() {
  const plan = usagePlan();
  return { ...plan, parameters: { ...plan.parameters, spare: { value: '1', unit: 'usd' } } };
}
