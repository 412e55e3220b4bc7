import type { BillingPeriod } from '../calendar/billing-period.ts';

/** A run under the token that its inputs were fixed with. Days are half-open. */
export interface PinnedRun {
  readonly runId: string;
  readonly fencingToken: number;
  readonly period: BillingPeriod;
  readonly from: string;
  readonly to: string;
  /** Which of a customer's invoices of the period the run makes. */
  readonly series: string;
}

/** The series of the monthly invoice; adjustments and off-cycle runs have others. */
export const MAIN_SERIES = 'usage';

/** The monthly series, or the off-cycle one of a contract. */
export function seriesOf(contractId: string | null): string {
  return contractId === null ? MAIN_SERIES : `off-cycle-${contractId}`;
}

/** The run of a month has the month's name; an off-cycle run has its contract's too. */
export function runIdOf(period: BillingPeriod, contractId: string | null): string {
  return contractId === null ? period : `${period}:${contractId}`;
}

/** What a run is for: at most one active run of a scope and period (promise 9). */
export function scopeOf(contractId: string | null): string {
  return contractId === null ? 'month' : `off-cycle:${contractId}`;
}
