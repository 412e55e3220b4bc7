import type { UtcDay } from '../calendar/utc-day.ts';
import type { Reader } from '../database/database.ts';
import { usageSourceListOfMetric } from '../database/queries.generated.ts';
import { findOverlap } from '../sources/overlap.ts';
import type { UsageReading } from '../sources/reading.ts';

/** An incomplete reading that names another region whose source may count the same; undefined when there is none. */
export async function findOverlappingRegion(
  reader: Reader,
  source: { readonly region: string; readonly metric: string; readonly configuration: unknown },
  day: UtcDay,
): Promise<UsageReading | undefined> {
  const others = await reader.rows(usageSourceListOfMetric, { metric: source.metric, day });
  for (const other of others.filter(({ active_from }) => active_from <= day)) {
    const detail = findOverlap(source, other);
    if (detail === undefined) continue;
    const evidence = { queries: [], facts: {} };
    return { kind: 'incomplete', reason: 'overlapping_regions', detail, evidence };
  }
  return undefined;
}
