import { addDefinition, type Review, type ReviewedAddition } from './definitions.ts';
import type { CatalogueDeps } from './deps.ts';

export interface UsageSource {
  /** Names the source in every region: `data-gb`. */
  readonly sourceId: string;
  readonly metric: string;
  readonly region: string;
  /** As the adapters' schemas describe it. */
  readonly configuration: unknown;
  /** First UTC day that it gives usage for. */
  readonly activeFrom: string;
}

/**
 * Adds a source, or its next version, reviewed: another configuration takes over on `activeFrom`, which must be after
 * the day that the version before it began. The same configuration again changes nothing.
 */
export function addSource(deps: CatalogueDeps, given: UsageSource, review: Review): Promise<ReviewedAddition> {
  const { sourceId, ...rest } = given;
  return addDefinition(deps, { kind: 'source', source: sourceId, ...rest }, review);
}
