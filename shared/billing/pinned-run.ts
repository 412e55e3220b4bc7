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
