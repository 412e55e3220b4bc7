import { MAIN_SERIES } from '../billing/pinned-run.ts';
import type { BillingPeriod } from '../calendar/billing-period.ts';
import type { Reader } from '../database/database.ts';
import { invoiceFindIssued, metricList, type Rollup, usageDailySumOfInvoice } from '../database/queries.generated.ts';
import { Exact } from '../exact/exact.ts';
import { type FigureSource, type KnownUsage, readKnownUsage } from './known-usage.ts';

/** How far a figure can be relied on: today's reading, a day's checkpoint, or what the invoice rests on. */
export type FigureLabel = 'provisional' | 'checkpointed' | 'invoiced';

export interface DayFigure {
  readonly day: string;
  /** In the billed unit, exact, over all regions and projects; null when nothing is known of the day yet. */
  readonly quantity: string | null;
  /** The weakest of its parts. */
  readonly label: FigureLabel;
  readonly from: readonly (FigureSource | { readonly kind: 'invoice'; readonly invoice: string })[];
}

export interface MetricSoFar {
  readonly metric: string;
  readonly title: string;
  readonly unit: string;
  /** How the days become the period's figure. */
  readonly rollup: Rollup;
  readonly days: readonly DayFigure[];
}

/** A customer's usage of a period by metric and day, as known at an instant. */
export interface UsageSoFar {
  readonly customer: string;
  readonly period: BillingPeriod;
  readonly now: Date;
  /** Set from the sign-off on: every figure is the invoice's then. */
  readonly invoice: string | null;
  readonly metrics: readonly MetricSoFar[];
}

/**
 * What a customer has used of a period by now. Before the sign-off each day shows its checkpoints, or the latest snapshot
 * where one is still to come; after it, what the invoice rests on. Read in the role of visibility (`asVisibility`).
 */
export async function usageSoFar(
  reader: Reader,
  customer: string,
  period: BillingPeriod,
  now: Date,
): Promise<UsageSoFar> {
  const key = { customer_id: customer, period, series: MAIN_SERIES };
  const invoice = await reader.first(invoiceFindIssued, key);
  const metrics =
    invoice === undefined
      ? await byMetric(reader, knownDays(await readKnownUsage(reader, customer, period, now)))
      : await usageOfInvoice(reader, invoice.invoice_id);
  return { customer, period, now, invoice: invoice?.invoice_id ?? null, metrics };
}

/** The usage that an invoice rests on, by metric and day; nothing when retention has dropped its rows. */
export async function usageOfInvoice(reader: Reader, invoice: string): Promise<readonly MetricSoFar[]> {
  const rows = await reader.rows(usageDailySumOfInvoice, { invoice_id: invoice });
  return byMetric(reader, invoicedDays(invoice, rows));
}

async function byMetric(reader: Reader, daysOf: DaysOf): Promise<readonly MetricSoFar[]> {
  const metrics = await reader.rows(metricList, {});
  return metrics.flatMap(({ metric, title, unit, rollup, divisor }) => {
    const days = daysOf(metric, Exact.parse(divisor));
    return days.length === 0 ? [] : [{ metric, title, unit, rollup, days }];
  });
}

type DaysOf = (metric: string, divisor: Exact) => readonly DayFigure[];

function invoicedDays(
  invoice: string,
  rows: readonly { readonly metric: string; readonly day: string; readonly quantity: string }[],
): DaysOf {
  return (metric, divisor) =>
    rows
      .filter((row) => row.metric === metric)
      .map(({ day, quantity }) => ({
        day,
        quantity: Exact.parse(quantity).divide(divisor).toString(),
        label: 'invoiced',
        from: [{ kind: 'invoice', invoice }],
      }));
}

function knownDays({ cells, rows }: KnownUsage): DaysOf {
  const sums = new Map<string, Exact>();
  for (const { metric, day, quantity } of rows) {
    const key = `${metric} ${day}`;
    sums.set(key, (sums.get(key) ?? Exact.zero).add(Exact.parse(quantity)));
  }
  const cellsOf = Map.groupBy(cells, ({ metric }) => metric);
  return (metric, divisor) =>
    [...Map.groupBy(cellsOf.get(metric) ?? [], ({ day }) => day)].map(([day, ofDay]) => {
      const from = ofDay.map((cell) => cell.from);
      const isKnown = from.some(({ kind }) => kind !== 'awaited');
      const sum = sums.get(`${metric} ${day}`) ?? Exact.zero;
      return {
        day,
        quantity: isKnown ? sum.divide(divisor).toString() : null,
        label: from.every(isSettled) ? 'checkpointed' : 'provisional',
        from,
      };
    });
}

function isSettled({ kind }: FigureSource): boolean {
  return kind === 'checkpoint' || kind === 'waiver';
}
