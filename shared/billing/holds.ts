/** Why an invoice waits for a person. */
export interface Hold {
  /** One word for programs: `mixed_currencies`, `above_trailing_median`, `usage_anomaly`. */
  readonly reason: string;
  /** What happened, where, and what to do. */
  readonly detail: string;
  /** False when there is nothing to release, because the customer could not be rated: it must be rated again. */
  readonly releasable: boolean;
}

/** A person reads all reasons of an invoice in one text. */
export function holdText(holds: readonly Hold[]): string {
  return holds.map(({ reason, detail }) => `${reason}: ${detail}`).join('; ');
}
