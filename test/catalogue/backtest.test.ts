import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { billingPeriod } from '../../shared/calendar/billing-period.ts';
import { type Backtest, changesByCustomer } from '../../shared/catalogue/backtest.ts';
import { addMetric } from '../../shared/catalogue/metrics.ts';
import { backtestPlan, reviewedPeriods } from '../../shared/catalogue/plan-backtest.ts';
import { submitPlan } from '../../shared/catalogue/plan-submission.ts';
import { activatePlan, approvePlan } from '../../shared/catalogue/plan-versions.ts';
import { planDocumentSchema } from '../../shared/plans/plan-document.ts';
import { daybook } from '../cli/command-line.ts';
import { ANA, BEN, FAY, openSetting, REVIEW, type Setting, WHY } from './setting.ts';

const CUSTOMERS = 1000;
const PERIODS = ['2026-08', '2026-09', '2026-10'].map(billingPeriod);
const DAYS = [31n, 30n, 31n];

/** Two projects a customer, three metrics, three months: customer i used i/10 GB, i requests and i at peak per day and project. */
const SEED = `
  select prepare_usage_partitions('2026-08-01');
  insert into usage_sources (source_id, version, metric, region, configuration, configuration_digest, active_from)
    select replace(metric, '_', '-'), 1, metric, 'us-central1', '{}', 'sha256:0', '2026-08-01' from metrics;
  insert into customers (customer_id, name) select 'customer-' || i, 'Customer ' || i from generate_series(1, ${CUSTOMERS}) i;
  insert into checkpoints (region, source_id, source_version, metric, day, status, started_at)
    select s.region, s.source_id, 1, s.metric, d::date, 'running', now()
    from usage_sources s, generate_series('2026-08-01'::date, '2026-10-31', interval '1 day') d;
  insert into usage_daily (day, checkpoint_id, region, metric, project_id, customer_id, quantity)
    select c.day, c.checkpoint_id, c.region, c.metric, 'project-' || i || '-' || p, 'customer-' || i,
      case c.metric when 'data_gb' then i / 10.0 else i end
    from checkpoints c, generate_series(1, ${CUSTOMERS}) i, generate_series(1, 2) p
    order by c.checkpoint_id;
  update checkpoints set status = 'complete', revision = 1, row_count = 0, total = 0, digest = 'sha256:0', evidence = '{}';
  analyze usage_daily;`;

const PLAN = {
  plan: 'scale',
  title: 'Scale',
  currency: 'usd',
  metrics: {
    data_gb: { unit: 'GB', rollup: 'sum' },
    requests: { unit: 'request', rollup: 'sum' },
    peak_rps: { unit: 'request/s', rollup: 'max' },
  },
  parameters: {
    platform_fee: { value: '100', unit: 'usd' },
    price_per_gb: { value: '0.13', unit: 'usd/GB' },
    peak_price: { value: '0.5', unit: 'usd*s/request' },
  },
  rates: {
    request_rate: {
      per: 'request',
      tiers: [
        { upTo: '10000', unitPrice: '0.001' },
        { upTo: null, unitPrice: '0.0007' },
      ],
    },
  },
  lines: [
    { key: 'platform', label: 'Platform fee', formula: 'platform_fee * active_days / period_days' },
    { key: 'data', label: 'Data', quantity: 'data_gb', formula: 'data_gb * price_per_gb' },
    { key: 'requests', label: 'Requests', quantity: 'requests', formula: 'graduated(requests, request_rate)' },
    { key: 'peak', label: 'Peak', quantity: 'peak_rps', formula: 'peak_rps * peak_price' },
  ],
};
/** The fee falls by 10 dollars, a gigabyte costs 2 cents more: small customers pay less and large ones more. */
const NEXT = {
  ...PLAN,
  parameters: {
    ...PLAN.parameters,
    platform_fee: { value: '90', unit: 'usd' },
    price_per_gb: { value: '0.15', unit: 'usd/GB' },
  },
};

let setting: Setting;
/** The backtest of NEXT over everyone, and how long it took. */
let next: Backtest;
let elapsedMs: number;
beforeAll(async () => {
  setting = await openSetting();
  await setting.test.owner.query(SEED);
  const submitted = await submitPlan(setting.deps, { document: PLAN, author: ANA, why: WHY });
  const planVersion = submitted.planVersion ?? '';
  expect(await approvePlan(setting.deps, { planVersion, approver: BEN, why: WHY })).toMatchObject({ kind: 'approved' });
  expect(await activatePlan(setting.deps, { planVersion, from: '2026-08-01', actor: ANA, why: WHY })).toMatchObject({
    kind: 'done',
  });
  await contract(
    planVersion,
    `select 'contract-' || i, 'customer-' || i, '{}', date '2026-08-01', null::date from generate_series(1, ${CUSTOMERS - 2}) i`,
  );
  // The last two have terms of their own: one a lower price, one a contract from the middle of September.
  await contract(
    planVersion,
    `select 'contract-999', 'customer-999', '{"parameters":{"price_per_gb":"0.1"}}', date '2026-08-01', null::date`,
  );
  await contract(planVersion, `select 'contract-1000', 'customer-1000', '{}', date '2026-09-16', date '2026-10-11'`);
  const usedBefore = process.cpuUsage();
  const began = performance.now();
  next = await backtest(NEXT);
  elapsedMs = Math.round(performance.now() - began);
  const { user, system } = process.cpuUsage(usedBefore);
  const processorMs = Math.round((user + system) / 1000);
  process.stdout.write(
    `backtest of ${next.rows.length} customer months: ${elapsedMs} ms, ${processorMs} ms of processor time\n`,
  );
}, 180_000);
afterAll(() => setting.close());

/** Contracts in force, many at once. The statement gives id, customer, overrides and days. */
async function contract(planVersion: string, statement: string): Promise<void> {
  const { owner } = setting.test;
  const as = (actor: string) => owner.query("select set_config('daybook.actor', $1, false)", [actor]);
  await as(ANA);
  await owner.query(
    `insert into contracts (contract_id, customer_id, overrides, starts_on, ends_on, mode, usage_plan_version, status, author, diagnostics)
     select terms.*, 'usage', $1, 'draft', $2, '[]' from (${statement}) terms`,
    [planVersion, ANA],
  );
  await as(BEN);
  await owner.query("update contracts set status = 'approved', approver = $1 where status = 'draft'", [BEN]);
  await owner.query("update contracts set status = 'active' where status = 'approved'");
  await as('');
}

function backtest(document: object, customers?: readonly string[]): Promise<Backtest> {
  return backtestPlan(setting.deps.database, { plan: planDocumentSchema.parse(document), periods: PERIODS, customers });
}

/** Half up, of amounts that are not negative. */
function rounded(numerator: bigint, denominator: bigint): bigint {
  return (2n * numerator + denominator) / (2n * denominator);
}

/** Cents for `days` of customer i, on whole numbers alone: GB cost `gbPrice` cents, the fee `fee` cents for a whole month. */
function cents(i: bigint, days: bigint, gbPrice: bigint, fee: bigint): bigint {
  const data = rounded(2n * i * days * gbPrice, 10n);
  const requests = 2n * i * days;
  const below = requests < 10_000n ? requests : 10_000n;
  // A tenth of a cent each, then 0.07 cents each.
  const requestCents = rounded(10n * below + 7n * (requests - below), 100n);
  return fee + data + requestCents + 2n * i * 50n;
}

describe('a backtest over 3 months of 1,000 customers', () => {
  test('answers in seconds, and every amount is right', async () => {
    const result = next;
    expect(elapsedMs).toBeLessThan(60_000);
    expect(result.customers.all).toBe(CUSTOMERS);
    expect(result.rows).toHaveLength(3 * 999 + 2);
    expect(result.cells).toEqual({ required: 276, missing: 0 });
    let revenue = 0n;
    for (const row of result.rows.filter(({ customer }) => Number(customer.slice(9)) < 999)) {
      const i = BigInt(row.customer.slice(9));
      const days = DAYS[PERIODS.indexOf(row.period)] ?? 0n;
      const expected = { old: cents(i, days, 13n, 10_000n), new: cents(i, days, 15n, 9_000n) };
      expect({
        customer: row.customer,
        old: row.old,
        new: row.new,
        change: row.change,
        refusals: row.refusals,
      }).toEqual({
        customer: row.customer,
        old: expected.old.toString(),
        new: expected.new.toString(),
        change: (expected.new - expected.old).toString(),
        refusals: [],
      });
    }
    for (const row of result.rows) revenue += BigInt(row.new ?? '0');
    expect(result.expectedMonthlyRevenue).toBe(((revenue + 2n) / 3n).toString());
    expect(result.lines.map((line) => line.key)).toEqual(['data', 'platform']);
  });

  test('says who pays more, who less, and through which lines', async () => {
    const result = next;
    const changes = changesByCustomer(result.rows);
    expect(result.customers.payMore + result.customers.payLess + result.customers.same).toBe(CUSTOMERS);
    expect(result.customers.payMore).toBeGreaterThan(0);
    const most = changes[0];
    expect(most?.customer).toBe('customer-998');
    expect(most?.lines.map((line) => [line.key, line.label])).toEqual([
      ['data', 'Data'],
      ['platform', 'Platform fee'],
    ]);
    // With the old price for gigabytes the fee alone changes.
    expect(changes.at(-1)).toMatchObject({ customer: 'customer-999', change: -3000n });
    const least = changes.at(-2);
    expect(least?.customer).toBe('customer-1');
    expect(least?.lines.map((line) => line.key)).toEqual(['platform', 'data']);
    expect(least?.lines[0]).toMatchObject({ old: '30000', new: '27000', change: '-3000' });
  });

  test("a contract's own price stays in force under the new version", async () => {
    const rows = next.rows.filter(({ customer }) => customer === 'customer-999');
    expect(rows.map(({ lines }) => lines.map(({ key, change }) => [key, change]))).toEqual(
      Array(3).fill([['platform', '-1000']]),
    );
  });

  test('promise 7: a contract that starts and ends inside months is rated on its own days', async () => {
    const rows = next.rows.filter(({ customer }) => customer === 'customer-1000');
    expect(rows.map(({ period }) => period)).toEqual(['2026-09', '2026-10']);
    expect(rows.map(({ old }) => old)).toEqual([
      cents(1000n, 15n, 13n, 5_000n).toString(),
      cents(1000n, 10n, 13n, rounded(10_000n * 10n, 31n)).toString(),
    ]);
  });

  test('promise 13: the same checkpoints give the same backtest, and the same plan changes nothing', async () => {
    expect(await backtest(NEXT)).toEqual(next);
    const same = await backtest({ ...PLAN, title: 'Scale, renamed' });
    expect(same).toMatchObject({
      customers: { all: CUSTOMERS, same: CUSTOMERS },
      largestCustomerChange: '0',
      lines: [],
    });
  });

  test('lines for each project are rated for each project', async () => {
    const result = await backtest(
      {
        ...PLAN,
        lines: [{ key: 'data', label: 'Data', per: 'project', formula: 'max(data_gb, 1 * one_gb) * price_per_gb' }],
        parameters: { ...PLAN.parameters, one_gb: { value: '100', unit: 'GB' } },
      },
      ['customer-1'],
    );
    // 3.1 GB each: both projects are billed 100 GB.
    expect(result.rows[0]).toMatchObject({ customer: 'customer-1', new: '2600' });
  });
});

test('people read who pays more, who less, and because of what', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'daybook-backtest-'));
  try {
    writeFileSync(join(directory, 'next.json'), JSON.stringify(NEXT));
    const run = await daybook('plan backtest next.json --periods 2026-09', {
      directory,
      database: setting.deps.database,
    });
    expect(run.code).toBe(0);
    expect(run.out).toMatch(/\d+ customers would pay more, \d+ less, \d+ the same\./);
    expect(run.out).toMatch(/customer-998 .*\+109\.76 USD +Data \+119\.76 USD, Platform fee -10\.00 USD/);
    expect(run.out).toMatch(/customer-1 .*-9\.88 USD +Platform fee -10\.00 USD, Data \+0\.12 USD/);
    expect(run.out).toContain('Parameter price_per_gb: value changes from 0.13 usd/GB to 0.15 usd/GB.');
    expect(run.out).toContain('more; --json lists all.');
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
});

describe('a backtest of some customers', () => {
  test('compares one without a contract with nothing, for the whole month', async () => {
    const result = await backtest(NEXT, ['acme', 'customer-2']);
    expect(result.customers.all).toBe(2);
    expect(result.rows.filter(({ customer }) => customer === 'acme')).toMatchObject(
      PERIODS.map((period) => ({ period, old: null, new: '9000', change: '9000', oldPlanVersions: [] })),
    );
  });

  test('a version that cannot rate a customer says why, and counts as losing all of it', async () => {
    const lines = [{ key: 'data', label: 'Data', formula: 'data_gb * price_per_gb - platform_fee' }];
    const result = await backtest({ ...PLAN, lines }, ['customer-1']);
    expect(result.customers).toMatchObject({ notRated: 1 });
    expect(result.rows[0]).toMatchObject({ new: null, refusals: [{ side: 'new', reason: 'negative_line' }] });
    expect(BigInt(result.rows[0]?.change ?? '0')).toBe(-cents(1n, 31n, 13n, 10_000n));
  });

  test('a plan in another currency is compared with nothing', async () => {
    const inEuro = JSON.parse(JSON.stringify(PLAN).replaceAll('usd', 'eur'));
    const result = await backtest(inEuro, ['customer-1']);
    expect(result.rows[0]).toMatchObject({ old: null, new: cents(1n, 31n, 13n, 10_000n).toString() });
  });
});

describe('what reviewers see', () => {
  test('the last three full months, over all customers that the plan bills; large changes take two people', async () => {
    expect(await reviewedPeriods(setting.deps.database)).toEqual(PERIODS);
    const submitted = await submitPlan(setting.deps, { document: NEXT, author: ANA, why: WHY });
    expect(submitted).toMatchObject({ kind: 'submitted', status: 'in_review' });
    const planVersion = submitted.planVersion ?? '';
    expect(await approvePlan(setting.deps, { planVersion, approver: BEN, why: WHY })).toMatchObject({
      kind: 'waiting',
      required: 2,
      financeMissing: true,
    });
    expect(await approvePlan(setting.deps, { planVersion, approver: FAY, why: WHY })).toMatchObject({
      kind: 'approved',
    });
  });

  test('missing cells are counted', async () => {
    const spare = { metric: 'spare', title: 'Spare', unit: 'GB', rollup: 'sum', divisor: '1' } as const;
    await addMetric(setting.deps, spare, REVIEW);
    await setting.test.owner.query(
      "insert into usage_sources values ('spare', 1, 'spare', 'us-central1', '{}', 'sha256:0', '2026-10-01')",
    );
    expect((await backtest(NEXT, ['customer-1'])).cells).toEqual({ required: 276 + 31, missing: 31 });
  });
});
