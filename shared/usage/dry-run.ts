import type { UtcDay } from '../calendar/utc-day.ts';
import { exactOf } from '../exact/decimal.ts';
import { Exact } from '../exact/exact.ts';
import type { UsageReader, UsageReading, UsageRow } from '../sources/reading.ts';

/** What a source would count; nothing is written. */
export interface DryRun {
  readonly reading: UsageReading;
  readonly rowCount: number;
  /** Exact, in the source's unit. */
  readonly total: string;
  /** The projects with the highest figures, the highest first. */
  readonly top: readonly UsageRow[];
}

/** Reads a day of a region as its aggregation would, and keeps only what a person wants to see of it. */
export async function dryRun(
  reader: UsageReader,
  region: string,
  day: UtcDay,
  { shown }: { readonly shown: number },
): Promise<DryRun> {
  const seen = new Set<string>();
  let total = Exact.zero;
  let top: readonly UsageRow[] = [];
  const reading = await reader.read(region, day, async (rows) => {
    for (const { project, quantity } of rows) {
      if (seen.has(project)) {
        const detail = `project ${project} comes twice in the source's answer; correct the source so that each has one figure`;
        return { kind: 'incomplete', reason: 'duplicate_row', detail };
      }
      seen.add(project);
      total = total.add(exactOf(quantity));
    }
    top = [...top, ...rows].sort(byQuantity).slice(0, shown);
    return undefined;
  });
  return { reading, rowCount: seen.size, total: total.toString(), top };
}

function byQuantity(a: UsageRow, b: UsageRow): number {
  return exactOf(b.quantity).compare(exactOf(a.quantity)) || (a.project < b.project ? -1 : 1);
}
