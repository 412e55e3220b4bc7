import { type BillingPeriod, billingPeriod, periodDays } from '../calendar/billing-period.ts';
import { type DayRange, utcDay } from '../calendar/utc-day.ts';
import type { Reader } from '../database/database.ts';
import {
  checkpointListFullMonths,
  completenessCount,
  contractListForBacktest,
  planVersionListDocuments,
} from '../database/queries.generated.ts';
import { planVersionDigest } from '../plans/compile.ts';
import type { PlanDocument } from '../plans/plan-document.ts';
import type { Ratable } from '../rating/ratable-plans.ts';
import { type Backtest, type BacktestRow, changesByCustomer, largestOf, magnitude, sum, sumLines } from './backtest.ts';
import { type Comparison, compareMonth, withoutContract } from './backtest-rating.ts';
import { readUsage } from './backtest-usage.ts';
import { collectedMetrics } from './metrics.ts';
import { openRatables } from './ratables.ts';

const REVIEWED_PERIODS = 3;

export interface BacktestQuestion {
  readonly plan: PlanDocument;
  /** In ascending order, at least one day apart. None gives a backtest without rows. */
  readonly periods: readonly BillingPeriod[];
  /** Left out: every customer that a version of the plan bills. Named ones are compared with whatever bills them. */
  readonly customers?: readonly string[] | undefined;
}

/** The months that a review looks at: the last three whose last day has a checkpoint. */
export async function reviewedPeriods(reader: Reader): Promise<BillingPeriod[]> {
  const rows = await reader.rows(checkpointListFullMonths, { most: REVIEWED_PERIODS });
  return rows.map(({ period }) => billingPeriod(period)).sort();
}

/**
 * Rates a plan over past months of real checkpoints, beside what was in force. A handful of statements, whatever the
 * number of customers. The same checkpoints and contracts give the same backtest.
 */
export async function backtestPlan(reader: Reader, question: BacktestQuestion): Promise<Backtest> {
  const { plan, periods } = question;
  const range = rangeOf(periods);
  const { comparisons, fallback, plans } = await readComparisons(reader, question, range);
  const customers = [...new Set([...comparisons.keys(), ...(question.customers ?? [])])].sort();
  const usage = await readUsage(reader, {
    ...range,
    customers,
    metrics: [...new Set(plans.flatMap((ready) => Object.keys(ready.metrics)))].sort(),
    byProject: plans.some((ready) => ready.lines.some((line) => line.per === 'project')),
  });
  const rows = customers.flatMap((customer) =>
    periods.flatMap((period) => {
      const contracts = comparisons.get(customer) ?? [];
      const month = usage.get(customer)?.get(period) ?? [];
      const row = compareMonth(customer, period, contracts, month);
      if (row !== undefined) return [row];
      const named = question.customers?.includes(customer) ?? false;
      return named ? (compareMonth(customer, period, [withoutContract(period, fallback)], month) ?? []) : [];
    }),
  );
  const cells = await reader.first(completenessCount, { from_day: range.from, to_day: range.to });
  return {
    plan: plan.plan,
    planVersion: planVersionDigest(plan),
    currency: plan.currency,
    periods,
    cells: { required: cells?.required ?? 0, missing: cells?.missing ?? 0 },
    ...summaryOf(rows, periods),
    rows,
  };
}

interface Comparisons {
  readonly comparisons: ReadonlyMap<string, readonly Comparison[]>;
  /** The new version without overrides. */
  readonly fallback: Ratable;
  readonly plans: readonly PlanDocument[];
}

async function readComparisons(reader: Reader, question: BacktestQuestion, range: DayRange): Promise<Comparisons> {
  const { plan } = question;
  const contracts = await reader.rows(contractListForBacktest, {
    plan: plan.plan,
    from_day: range.from,
    to_day: range.to,
    customers: question.customers ?? [],
  });
  const versions = [...new Set(contracts.flatMap((row) => [row.legacy_plan_version, row.usage_plan_version]))].filter(
    (version) => version !== null,
  );
  const documents = await reader.rows(planVersionListDocuments, { plan_versions: versions });
  const ratables = openRatables(plan, documents, await collectedMetrics(reader));
  const comparisons = contracts.map((row): { customer: string; comparison: Comparison } => {
    const takesUsage = row.usage_plan === plan.plan || (row.legacy_plan !== plan.plan && row.mode === 'usage');
    const oldPlanVersion = takesUsage ? row.usage_plan_version : row.legacy_plan_version;
    const overrides = takesUsage ? row.overrides : '{}';
    return {
      customer: row.customer_id,
      comparison: {
        from: utcDay(row.starts_on),
        to: row.ends_on === null ? null : utcDay(row.ends_on),
        oldPlanVersion,
        old: oldPlanVersion === null ? null : ratables.stored(oldPlanVersion, overrides),
        // Overrides are terms of the plan that they were agreed on; another plan is quoted as it is.
        new: ratables.candidate(row.usage_plan === plan.plan ? overrides : '{}'),
      },
    };
  });
  return {
    comparisons: new Map(
      [...Map.groupBy(comparisons, ({ customer }) => customer)].map(([customer, group]) => [
        customer,
        group.map(({ comparison }) => comparison),
      ]),
    ),
    fallback: ratables.candidate('{}'),
    plans: ratables.plans(),
  };
}

function rangeOf(periods: readonly BillingPeriod[]): DayRange {
  const [first, last] = [periods[0], periods.at(-1)];
  // No period has no day: an empty range, wherever it lies.
  if (first === undefined || last === undefined) return { from: utcDay('2000-01-01'), to: utcDay('2000-01-01') };
  return { from: periodDays(first).from, to: periodDays(last).to };
}

function summaryOf(
  rows: readonly BacktestRow[],
  periods: readonly BillingPeriod[],
): Pick<Backtest, 'customers' | 'expectedMonthlyRevenue' | 'largestCustomerChange' | 'totals' | 'lines'> {
  const totals = periods.map((period) => {
    const month = rows.filter((row) => row.period === period);
    return {
      period,
      old: sum(month.map((row) => row.old)).toString(),
      new: sum(month.map((row) => row.new)).toString(),
    };
  });
  const changes = changesByCustomer(rows);
  const months = BigInt(Math.max(1, periods.length));
  const revenue = sum(totals.map((month) => month.new));
  const rated = changes.filter((customer) => customer.refusals.length === 0);
  return {
    customers: {
      all: changes.length,
      payMore: rated.filter((customer) => customer.change > 0n).length,
      payLess: rated.filter((customer) => customer.change < 0n).length,
      same: rated.filter((customer) => customer.change === 0n).length,
      notRated: changes.length - rated.length,
    },
    expectedMonthlyRevenue: (revenue <= 0n ? 0n : (revenue + months - 1n) / months).toString(),
    largestCustomerChange: largestOf(rows.map((row) => magnitude(BigInt(row.change)))).toString(),
    totals,
    lines: sumLines(rows.flatMap((row) => row.lines)),
  };
}
