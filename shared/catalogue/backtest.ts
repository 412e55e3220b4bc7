import type { BillingPeriod } from '../calendar/billing-period.ts';

/** What one line changes for a customer in a month. Amounts are minor units as text; null where the line is not in the plan. */
export interface BacktestLine {
  readonly key: string;
  readonly label: string;
  readonly old: string | null;
  readonly new: string | null;
  readonly change: string;
}

/** Why an amount could not be rated: on a real month, it would hold the customer's invoice. */
export interface BacktestRefusal {
  readonly side: 'old' | 'new';
  readonly reason: string;
  readonly detail: string;
}

/** One customer and month. Amounts are minor units of the new version's currency, as text. */
export interface BacktestRow {
  readonly customer: string;
  readonly period: BillingPeriod;
  /** The versions that were in force; empty for a customer that had no contract. */
  readonly oldPlanVersions: readonly string[];
  /** null when there was none, or it cannot be compared. */
  readonly old: string | null;
  readonly new: string | null;
  /** new − old; against nothing, all of the new; of an amount that cannot be rated, minus all of the old. */
  readonly change: string;
  /** The lines that differ, the largest difference first: why the amount changes. */
  readonly lines: readonly BacktestLine[];
  readonly refusals: readonly BacktestRefusal[];
}

/** A plan version rated over past checkpoints beside what was in force. This is what reviewers see, and its JSON is digested. */
export interface Backtest {
  readonly plan: string;
  readonly planVersion: string;
  readonly currency: string;
  readonly periods: readonly BillingPeriod[];
  /** Required and missing (region, source, day) cells: usage of a missing one is in no amount. */
  readonly cells: { readonly required: number; readonly missing: number };
  readonly customers: {
    readonly all: number;
    readonly payMore: number;
    readonly payLess: number;
    readonly same: number;
    readonly notRated: number;
  };
  /** The average of a month, rounded up, in minor units. */
  readonly expectedMonthlyRevenue: string;
  /** The largest change of any customer in any month, up or down, in minor units. */
  readonly largestCustomerChange: string;
  readonly totals: readonly { readonly period: BillingPeriod; readonly old: string; readonly new: string }[];
  /** Sums over all customers and months of the lines that differ. */
  readonly lines: readonly BacktestLine[];
  /** By customer, then by month. */
  readonly rows: readonly BacktestRow[];
}

/** How one customer fares over all months of a backtest. */
export interface CustomerChange {
  readonly customer: string;
  readonly old: bigint;
  readonly new: bigint;
  readonly change: bigint;
  /** The lines that differ, summed over the months, the largest difference first. */
  readonly lines: readonly BacktestLine[];
  readonly refusals: readonly BacktestRefusal[];
}

/** Sums of the customers over the months: who pays most more first, who pays most less last. */
export function changesByCustomer(rows: readonly BacktestRow[]): CustomerChange[] {
  return [...Map.groupBy(rows, (row) => row.customer)]
    .map(([customer, months]) => ({
      customer,
      old: sum(months.map((row) => row.old)),
      new: sum(months.map((row) => row.new)),
      change: sum(months.map((row) => row.change)),
      lines: sumLines(months.flatMap((row) => row.lines)),
      refusals: months.flatMap((row) => row.refusals),
    }))
    .sort((a, b) => compare(b.change, a.change) || (a.customer < b.customer ? -1 : 1));
}

/** Adds differences up by line; the largest first, equal ones by key. Lines whose differences cancel out are kept. */
export function sumLines(lines: readonly BacktestLine[]): BacktestLine[] {
  return [...Map.groupBy(lines, (line) => line.key)]
    .map(([key, group]) => ({
      key,
      label: group.at(-1)?.label ?? key,
      old: sumOrNull(group.map((line) => line.old)),
      new: sumOrNull(group.map((line) => line.new)),
      change: sum(group.map((line) => line.change)).toString(),
    }))
    .sort(largestFirst);
}

export function largestFirst(a: BacktestLine, b: BacktestLine): number {
  return compare(magnitude(BigInt(b.change)), magnitude(BigInt(a.change))) || (a.key < b.key ? -1 : 1);
}

export function sum(amounts: readonly (string | null)[]): bigint {
  return amounts.reduce((total, amount) => total + BigInt(amount ?? '0'), 0n);
}

function sumOrNull(amounts: readonly (string | null)[]): string | null {
  return amounts.every((amount) => amount === null) ? null : sum(amounts).toString();
}

export function magnitude(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}

/** The largest of some amounts; 0 when there is none. */
export function largestOf(amounts: readonly bigint[]): bigint {
  return [...amounts].sort(compare).at(-1) ?? 0n;
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
