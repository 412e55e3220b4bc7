import type { StripePace } from '../../shared/stripe/pace.ts';

/** Calls leave at once: for tests that are not about pace. */
export const NO_PACE: StripePace = { take: async () => undefined, stop: async () => undefined };
