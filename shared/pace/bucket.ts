/** How a bucket fills: one call every so many microseconds, up to `burst` of them. */
export interface Bucket {
  readonly intervalMicroseconds: number;
  readonly burst: number;
}

/** How old a grant may be when its call leaves, in milliseconds, counted from before it was asked for. */
export const GRANT_LIFETIME_MS = 150;
/** How much longer one call may take to Stripe than another, in milliseconds. */
const WAY_SPREAD_MS = 100;
const WINDOW_MS = 1_000;

/**
 * The bucket that keeps any second at Stripe within `limit` calls. Calls that arrive within one second were granted
 * within one second and the time that a grant may be late by; a bucket grants at most burst + floor(that time / interval)
 * in it. The interval is the shortest whole number of microseconds for which this is no more than the limit.
 */
export function bucketOf(limit: number): Bucket {
  if (!Number.isInteger(limit) || limit < 1 || limit > 10_000)
    throw new RangeError(`a limit of ${limit} calls a second is not a whole number from 1 to 10,000`);
  const burst = Math.max(1, Math.floor(limit / 10));
  const span = (WINDOW_MS + GRANT_LIFETIME_MS + WAY_SPREAD_MS) * 1_000;
  return { burst, intervalMicroseconds: Math.floor(span / (limit - burst + 1)) + 1 };
}
