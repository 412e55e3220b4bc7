/** What is done about a class of failures. Delays are in seconds; the wait is random up to the delay (full jitter). */
export interface RetryPolicy {
  /** Failures after which people take over. 0: nothing is retried, it waits for a decision from the start. */
  readonly maxAttempts: number;
  readonly firstDelaySeconds: number;
  readonly delayCapSeconds: number;
}

/** The one layer that retries a failed piece of work across calls. */
export const POLICIES = {
  /** A source could not be read for a (region, source, day). */
  aggregation_failed: { maxAttempts: 12, firstDelaySeconds: 300, delayCapSeconds: 7_200 },
  /** Stripe could not be reached or refused an invoice. */
  issuing_failed: { maxAttempts: 10, firstDelaySeconds: 60, delayCapSeconds: 3_600 },
  /** A shard of a run could not be rated, by what is in its data or in the code. */
  rating_failed: { maxAttempts: 4, firstDelaySeconds: 300, delayCapSeconds: 3_600 },
  /** A period still lacks usage after its grace. */
  period_incomplete: { maxAttempts: 0, firstDelaySeconds: 0, delayCapSeconds: 0 },
  /** Stripe cannot be told of an invoice as it is: no customer there, an amount that it cannot hold. */
  invoice_held: { maxAttempts: 0, firstDelaySeconds: 0, delayCapSeconds: 0 },
  /** Stripe finalized an invoice, but its amount waits on the customer's balance, or tax was turned off. */
  issued_otherwise: { maxAttempts: 0, firstDelaySeconds: 0, delayCapSeconds: 0 },
  /** An approved void could not be carried out. */
  voiding_failed: { maxAttempts: 0, firstDelaySeconds: 0, delayCapSeconds: 0 },
  /** Stripe and Daybook differ about a period. */
  stripe_differs: { maxAttempts: 0, firstDelaySeconds: 0, delayCapSeconds: 0 },
  /** A customer's usage could not be rated; its invoice is held. */
  rating_held: { maxAttempts: 0, firstDelaySeconds: 0, delayCapSeconds: 0 },
  /** Usage of a project that belonged to nobody on that day, or of a customer without a contract. */
  unbilled_usage: { maxAttempts: 0, firstDelaySeconds: 0, delayCapSeconds: 0 },
  /** Usage or terms changed after the run was approved, and a customer's corrected figures cannot be told. */
  late_usage: { maxAttempts: 0, firstDelaySeconds: 0, delayCapSeconds: 0 },
  /** An adjustment waits for a person: over its policy's limit, or with nowhere to stand. */
  adjustment_undecided: { maxAttempts: 0, firstDelaySeconds: 0, delayCapSeconds: 0 },
  /** Stripe could not be reached or refused a credit. */
  credit_failed: { maxAttempts: 10, firstDelaySeconds: 60, delayCapSeconds: 3_600 },
  /** Usage rows lie outside the managed months, where no retention reaches them. */
  stray_usage: { maxAttempts: 0, firstDelaySeconds: 0, delayCapSeconds: 0 },
  /** A month of usage does not add up to what its checkpoints say, so that it is neither sealed nor dropped. */
  retention_failed: { maxAttempts: 0, firstDelaySeconds: 0, delayCapSeconds: 0 },
} as const satisfies Record<string, RetryPolicy>;

export type ExceptionClass = keyof typeof POLICIES;

/**
 * Milliseconds to wait before the attempt after `attempts` failures, or null when people take over.
 * `fraction` in [0, 1) is the jitter; at least a tenth of the delay is always waited.
 */
export function nextDelayMs(exceptionClass: ExceptionClass, attempts: number, fraction: number): number | null {
  const policy: RetryPolicy = POLICIES[exceptionClass];
  if (attempts >= policy.maxAttempts) return null;
  const ceiling = Math.min(policy.delayCapSeconds, policy.firstDelaySeconds * 2 ** (attempts - 1)) * 1_000;
  return Math.round(ceiling * (0.1 + 0.9 * fraction));
}
