import type { Digest } from '../canonical/canonical-json.ts';
import type { Currency, MinorUnits } from '../exact/currency.ts';
import type { Exact } from '../exact/exact.ts';
import type { EvaluationReason } from '../plans/formula/evaluation.ts';

/** Metric to quantity, in the metric's unit, never negative. */
export type Quantities = ReadonlyMap<string, Exact>;

/** What a customer used in one segment of a period. Every metric of the plan is present: missing is never zero. */
export interface RatingUsage {
  /** The customer's totals over projects and regions. */
  readonly totals: Quantities;
  readonly projects: ReadonlyMap<string, Quantities>;
  /** Whole days of the segment and of its period; 0 ≤ activeDays ≤ periodDays, periodDays ≥ 1. */
  readonly activeDays: number;
  readonly periodDays: number;
}

/** A part of a line with its share of the line's rounded amount. */
export interface RatedDetail {
  readonly key: string;
  readonly label: string;
  readonly quantity: Exact | null;
  readonly unitPrice: Exact | null;
  readonly flat: Exact | null;
  readonly exact: Exact;
  readonly amount: MinorUnits;
}

/** One charge: a line of the plan, rated for the customer or for one project. */
export interface RatedLine {
  readonly key: string;
  readonly label: string;
  /** The project of a `per: project` line, otherwise null. */
  readonly project: string | null;
  readonly formula: { readonly text: string; readonly digest: Digest };
  readonly quantity: Exact | null;
  /** The exact amount in the currency, before rounding. */
  readonly exact: Exact;
  readonly amount: MinorUnits;
  /** Their amounts add up to the line's; empty for a line that is shown whole. */
  readonly details: readonly RatedDetail[];
  /** The values of the names in the formula. */
  readonly inputs: ReadonlyMap<string, Exact>;
}

/** Why usage cannot be rated under a plan; each holds the customer. */
export type RatingReason =
  | 'missing_metric'
  | 'negative_usage'
  | EvaluationReason
  | 'negative_line'
  | 'amount_out_of_range';

export interface RatingRefusal {
  readonly kind: 'refused';
  readonly reason: RatingReason;
  /** The key of the line, or null when the usage itself is refused. */
  readonly line: string | null;
  readonly project: string | null;
  /** What happened, where, and what to do. */
  readonly detail: string;
}

export interface RatedUsage {
  readonly kind: 'rated';
  readonly currency: Currency;
  readonly planDigest: Digest;
  readonly parametersDigest: Digest;
  readonly lines: readonly RatedLine[];
  /** The sum of the rounded lines. */
  readonly subtotal: MinorUnits;
  /** Equal to the subtotal: Daybook computes no tax. */
  readonly total: MinorUnits;
}

export type Rating = RatedUsage | RatingRefusal;
