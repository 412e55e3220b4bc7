import { type BillingPeriod, previousPeriod } from '../calendar/billing-period.ts';
import { type Currency, inMinorUnits, type MinorUnits } from '../exact/currency.ts';
import { Exact } from '../exact/exact.ts';
import type { Hold } from './holds.ts';

/** How far an invoice may be from what its customer was billed before (promise 24). Ratios are exact. */
export interface Bounds {
  /** Lines of an invoice, at most. */
  readonly maxLines: number;
  /** The invoice may be at most this many times the trailing median, and at least that part of it; ≥ 1. */
  readonly maxTimesMedian: Exact;
  /** The median is taken over at most this many earlier periods, and only when there are `medianFrom` of them. */
  readonly medianOf: number;
  readonly medianFrom: number;
  /** The change since the last period, as a share of its amount, at most: 2 lets 100.00 become 300.00. */
  readonly maxChange: Exact;
  /** A difference of at most this much, in the currency's own unit, breaks no bound. */
  readonly tolerance: Exact;
}

/** What a customer was billed in an earlier period. */
export interface PastTotal {
  readonly period: string;
  readonly total: bigint;
}

interface BoundedInvoice {
  readonly period: BillingPeriod;
  readonly currency: Currency;
  readonly lines: number;
  readonly total: MinorUnits;
}

/** Every bound that an invoice breaks. `history` is in the invoice's currency, the latest period first. Exact and pure. */
export function brokenBounds(invoice: BoundedInvoice, history: readonly PastTotal[], bounds: Bounds): readonly Hold[] {
  return [
    tooManyLines(invoice, bounds),
    offTheMedian(invoice, history, bounds),
    changed(invoice, history, bounds),
  ].filter((hold) => hold !== null);
}

function broken(reason: string, detail: string): Hold {
  return { reason, detail, releasable: true };
}

function tooManyLines({ lines }: BoundedInvoice, { maxLines }: Bounds): Hold | null {
  return lines > maxLines ? broken('too_many_lines', `it has ${lines} lines, and the bound is ${maxLines}`) : null;
}

function offTheMedian(invoice: BoundedInvoice, history: readonly PastTotal[], bounds: Bounds): Hold | null {
  const totals = history.slice(0, bounds.medianOf).map(({ total }) => total);
  if (totals.length < bounds.medianFrom) return null;
  const median = medianOf(totals);
  const total = Exact.of(invoice.total);
  if (within(total.subtract(median), invoice, bounds)) return null;
  const times = bounds.maxTimesMedian;
  const text = `${invoice.total} minor units of ${invoice.currency} against a median of ${median.toString()} over ${totals.length} periods`;
  if (total.compare(median.multiply(times)) > 0)
    return broken('above_trailing_median', `${text}, more than ${times.toString()} times as much`);
  if (total.multiply(times).compare(median) < 0)
    return broken('below_trailing_median', `${text}, less than one part in ${times.toString()}`);
  return null;
}

function changed(invoice: BoundedInvoice, history: readonly PastTotal[], bounds: Bounds): Hold | null {
  const last = history.find(({ period }) => period === previousPeriod(invoice.period));
  if (last === undefined) return null;
  const before = Exact.of(last.total);
  const change = Exact.of(invoice.total).subtract(before);
  if (within(change, invoice, bounds)) return null;
  if (change.abs().compare(before.abs().multiply(bounds.maxChange)) <= 0) return null;
  return broken(
    'changed_since_last_period',
    `${invoice.total} minor units of ${invoice.currency} after ${last.total} in ${last.period}; the bound is a change of ${bounds.maxChange.toString()} times that`,
  );
}

/** Whether a difference in minor units is too small to be worth a person. */
function within(difference: Exact, { currency }: BoundedInvoice, { tolerance }: Bounds): boolean {
  return difference.abs().compare(inMinorUnits(tolerance, currency)) <= 0;
}

/** The middle one, or half the sum of the two in the middle. */
function medianOf(totals: readonly bigint[]): Exact {
  const sorted = [...totals].sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
  const upper = sorted[Math.floor(sorted.length / 2)] ?? 0n;
  const lower = sorted[Math.floor((sorted.length - 1) / 2)] ?? 0n;
  return Exact.of(lower + upper, 2n);
}
