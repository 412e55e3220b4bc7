/** A span of time, half-open, in milliseconds since 1970; both ends on whole seconds. */
export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
}

export function windowSeconds({ fromMs, toMs }: Window): number {
  return (toMs - fromMs) / 1_000;
}

/**
 * The last instant that is strictly before. Prometheus keeps milliseconds, and evaluates "at or before": asked a
 * millisecond before midnight, it answers with the last sample of the day that ends.
 */
export function justBefore(atMs: number): number {
  return atMs - 1;
}

/** The samples that lie in the window. A range of Prometheus may also bring one from just before it. */
export function samplesIn<T extends { readonly atMs: number }>({ fromMs, toMs }: Window, samples: readonly T[]): T[] {
  return samples.filter(({ atMs }) => fromMs <= atMs && atMs < toMs);
}
