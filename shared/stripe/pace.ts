/** Why Stripe limited a call, as its header `Stripe-Rate-Limited-Reason` says: https://docs.stripe.com/rate-limits */
export type LimitScope = 'account' | 'endpoint' | 'resource';

/** Decides when a call may leave. Stripe's limits are the account's, so that all instances must share one pace. */
export interface StripePace {
  /** Resolves when a call of the endpoint may leave, at once. Throws {@link CallNotSent} when it should not wait longer. */
  take(endpoint: string): Promise<void>;
  /** Stripe answered 429: calls of that scope stop for a while, for every instance. */
  stop(endpoint: string, scope: LimitScope, durationMs: number): Promise<void>;
}

/** The call never left, so that nothing can have been done. */
export class CallNotSent extends Error {
  override readonly name = 'CallNotSent';
  /** How long to wait before another attempt, in milliseconds; null when that is not known. */
  readonly retryAfterMs: number | null;

  constructor(message: string, retryAfterMs: number | null, cause?: unknown) {
    super(message, { cause });
    this.retryAfterMs = retryAfterMs;
  }
}

/** Stripe's 429s usually name no time. */
const USUAL_STOP_MS = 1_000;
const LONGEST_STOP_MS = 60_000;

/** What a 429 asks for: who slows down, and for how long. */
export function stopOf(headers: Headers): { readonly scope: LimitScope; readonly durationMs: number } {
  const seconds = headers.get('retry-after') ?? '';
  const asked = /^\d{1,5}$/.test(seconds) ? Number.parseInt(seconds, 10) * 1_000 : USUAL_STOP_MS;
  return { scope: scopeOf(headers.get('stripe-rate-limited-reason')), durationMs: Math.min(asked, LONGEST_STOP_MS) };
}

/** Without a reason the whole account slows down: less than needed is the worse mistake. */
function scopeOf(reason: string | null): LimitScope {
  if (reason === 'resource-specific') return 'resource';
  return reason?.startsWith('endpoint-') === true ? 'endpoint' : 'account';
}
