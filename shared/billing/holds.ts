import type { BillingPeriod } from '../calendar/billing-period.ts';
import type { Reader } from '../database/database.ts';
import type { PinnedRun } from './pinned-run.ts';

/** Why an invoice waits for a person. */
export interface Hold {
  /** One word for programs: `mixed_currencies`, `above_trailing_median`, `usage_anomaly`. */
  readonly reason: string;
  /** What happened, where, and what to do. */
  readonly detail: string;
  /** False when there is nothing to release, because the customer could not be rated: it must be rated again. */
  readonly releasable: boolean;
}

/** A reason from outside rating to hold a customer's invoice, like unusual usage. The invoice is rated all the same. */
export interface OutsideHold {
  readonly customerId: string;
  readonly reason: string;
  readonly detail: string;
}

/** Whom a hold source is asked about: the customers of one shard. */
export interface HoldQuestion {
  readonly run: PinnedRun;
  readonly period: BillingPeriod;
  readonly customers: readonly string[];
}

/** Gives the outside holds of a shard's customers, inside the transaction that rates them. */
export type HoldSource = (reader: Reader, question: HoldQuestion) => Promise<readonly OutsideHold[]>;

/** A person reads all reasons of an invoice in one text. */
export function holdText(holds: readonly Hold[]): string {
  return holds.map(({ reason, detail }) => `${reason}: ${detail}`).join('; ');
}
