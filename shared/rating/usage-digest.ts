import { type Digest, digestOf } from '../canonical/canonical-json.ts';
import type { Quantities, RatingUsage } from './rating.ts';

function written(quantities: Quantities): Record<string, string> {
  return Object.fromEntries([...quantities].map(([metric, quantity]) => [metric, quantity.toString()]));
}

/** The digest of what a rating was made from; independent of the order of metrics and projects. */
export function usageDigest(usage: RatingUsage): Digest {
  return digestOf({
    activeDays: usage.activeDays,
    periodDays: usage.periodDays,
    totals: written(usage.totals),
    projects: Object.fromEntries([...usage.projects].map(([project, quantities]) => [project, written(quantities)])),
  });
}
