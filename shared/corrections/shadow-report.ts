import type { BillingPeriod } from '../calendar/billing-period.ts';
import type { Reader } from '../database/database.ts';
import { shadowListLines, shadowListUnrated } from '../database/queries.generated.ts';

/** A line of one side: the fixed tier that was billed, or the usage plan beside it. Amounts in minor units. */
export interface ShadowLine {
  readonly side: 'billed' | 'usage';
  readonly line: string;
  readonly label: string;
  /** Over all periods of the report. */
  readonly amount: bigint;
}

export interface ShadowMonth {
  readonly period: string;
  readonly billed: bigint;
  readonly usage: bigint;
  /** usage − billed: what the customer would pay more, or less when it is negative. */
  readonly difference: bigint;
}

/** One customer in one currency, over all periods of the report. */
export interface ShadowCustomer extends Omit<ShadowMonth, 'period'> {
  readonly customer: string;
  readonly customerName: string;
  readonly currency: string;
  readonly months: readonly ShadowMonth[];
  readonly lines: readonly ShadowLine[];
}

export interface ShadowTotal extends Omit<ShadowMonth, 'period'> {
  readonly currency: string;
  readonly customers: number;
  readonly payMore: number;
  readonly payLess: number;
}

/** A customer in shadow mode of which nothing can be compared in a period. */
export interface ShadowUnrated {
  readonly period: string;
  readonly customer: string;
  readonly customerName: string;
  readonly why: string;
}

/** Old against new: what customers in shadow mode were billed, and what the usage plan beside it would have billed. */
export interface ShadowReport {
  readonly periods: readonly string[];
  /** The largest difference first, up or down. */
  readonly customers: readonly ShadowCustomer[];
  readonly totals: readonly ShadowTotal[];
  readonly unrated: readonly ShadowUnrated[];
}

/** Reads the report of some periods, from the runs as they stand; nothing is rated anew. */
export async function readShadowReport(reader: Reader, periods: readonly BillingPeriod[]): Promise<ShadowReport> {
  const rows = await reader.rows(shadowListLines, { periods });
  const unrated = await reader.rows(shadowListUnrated, { periods });
  return shadowReport(
    periods,
    rows.map((row) => ({
      period: row.period,
      customer: row.customer_id,
      customerName: row.customer_name,
      currency: row.currency,
      side: row.purpose === 'shadow' ? 'usage' : 'billed',
      line: row.line_key,
      label: row.label,
      amount: row.amount,
    })),
    unrated.map((row) => ({
      period: row.period,
      customer: row.customer_id,
      customerName: row.customer_name,
      why: row.why ?? (row.status === null ? 'the period is not rated yet' : `the invoice is ${row.status}`),
    })),
  );
}

/** A line of one customer and period. */
export interface ShadowFigure extends ShadowLine {
  readonly period: string;
  readonly customer: string;
  readonly customerName: string;
  readonly currency: string;
}

/** Adds figures up to the report. Pure. */
export function shadowReport(
  periods: readonly string[],
  figures: readonly ShadowFigure[],
  unrated: readonly ShadowUnrated[],
): ShadowReport {
  // What has only one side in a period would look like a saving or a loss, and is none.
  const incomplete = new Set(unrated.map(({ period, customer }) => `${period} ${customer}`));
  const compared = figures.filter(({ period, customer }) => !incomplete.has(`${period} ${customer}`));
  const customers = [...Map.groupBy(compared, ({ customer, currency }) => `${customer} ${currency}`).values()]
    .map(customerOf)
    .sort((a, b) => compare(magnitude(b.difference), magnitude(a.difference)) || (a.customer < b.customer ? -1 : 1));
  const totals = [...Map.groupBy(customers, ({ currency }) => currency)]
    .map(([currency, group]) => ({
      currency,
      customers: group.length,
      payMore: group.filter(({ difference }) => difference > 0n).length,
      payLess: group.filter(({ difference }) => difference < 0n).length,
      ...sidesOf(group),
    }))
    .sort((a, b) => (a.currency < b.currency ? -1 : 1));
  return { periods, customers, totals, unrated };
}

function customerOf(figures: readonly ShadowFigure[]): ShadowCustomer {
  const [first] = figures;
  if (first === undefined) throw new RangeError('a customer of the report has no figure');
  const months = [...Map.groupBy(figures, ({ period }) => period)]
    .map(([period, own]) => ({ period, ...sidesOf(own.map(asSides)) }))
    .sort((a, b) => (a.period < b.period ? -1 : 1));
  const lines = [...Map.groupBy(figures, ({ side, line }) => `${side} ${line}`).values()].flatMap(([one, ...more]) =>
    one === undefined
      ? []
      : [
          {
            side: one.side,
            line: one.line,
            label: one.label,
            amount: more.reduce((sum, each) => sum + each.amount, one.amount),
          },
        ],
  );
  const { customer, customerName, currency } = first;
  return { customer, customerName, currency, ...sidesOf(months), months, lines };
}

function asSides({ side, amount }: ShadowFigure): { readonly billed: bigint; readonly usage: bigint } {
  return side === 'billed' ? { billed: amount, usage: 0n } : { billed: 0n, usage: amount };
}

function sidesOf(parts: readonly { readonly billed: bigint; readonly usage: bigint }[]) {
  const billed = parts.reduce((sum, part) => sum + part.billed, 0n);
  const usage = parts.reduce((sum, part) => sum + part.usage, 0n);
  return { billed, usage, difference: usage - billed };
}

function magnitude(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}

function compare(a: bigint, b: bigint): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
