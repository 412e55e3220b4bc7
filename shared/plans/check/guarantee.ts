import type { UsageSearch } from './counterexample.ts';
import type { LineOutcome, Usage } from './evaluate.ts';
import type { Assumption } from './proof/normalise.ts';
import { canHold, type Space } from './proof/solve.ts';

/**
 * What is known of a guarantee. `proved` holds for every usage that rating accepts; `refuted` has a usage, evaluated
 * with the rating core, that breaks it; `unknown` has neither.
 */
export type Proof<Evidence = Usage> =
  | { readonly kind: 'proved' }
  | { readonly kind: 'refuted'; readonly evidence: Evidence }
  | { readonly kind: 'unknown' };

export const proved = { kind: 'proved' } as const;

/** Proves that the assumptions never hold together, or looks for a usage that shows that they do. */
export function proveNever(
  space: Space,
  assumptions: readonly Assumption[],
  search: UsageSearch,
  shows: (outcome: LineOutcome) => boolean,
): Proof {
  const verdict = canHold(space, assumptions);
  if (verdict.kind === 'impossible') return proved;
  const usage = search.find(verdict.witnesses, shows);
  return usage === undefined ? { kind: 'unknown' } : { kind: 'refuted', evidence: usage };
}
