import { type BillingPeriod, periodDays } from '../calendar/billing-period.ts';
import { addDays, compareDays, type UtcDay, utcDay, utcDayOf } from '../calendar/utc-day.ts';
import type { Reader } from '../database/database.ts';
import {
  usageCellListKnown,
  usageDailyListCurrentOfCustomer,
  usageSnapshotListOfCustomer,
} from '../database/queries.generated.ts';
import { checkpointName } from '../usage/cell.ts';

/** Where a part of a day's figure comes from. Nothing known is said, never counted as zero. */
export type FigureSource =
  | { readonly kind: 'checkpoint'; readonly region: string; readonly checkpoint: string; readonly checkpointId: string }
  | { readonly kind: 'snapshot'; readonly region: string; readonly source: string; readonly asOf: Date }
  | { readonly kind: 'waiver'; readonly region: string; readonly source: string; readonly why: string }
  | { readonly kind: 'awaited'; readonly region: string; readonly source: string; readonly reason: string | null };

/** A cell that the period requires, and what there is of it by now. */
export interface KnownCell {
  readonly metric: string;
  readonly day: UtcDay;
  readonly from: FigureSource;
}

/** A customer's usage, in the source's unit. */
export interface KnownRow {
  readonly metric: string;
  readonly day: UtcDay;
  readonly project: string;
  readonly quantity: string;
}

export interface KnownUsage {
  readonly cells: readonly KnownCell[];
  readonly rows: readonly KnownRow[];
}

/**
 * What is known by now of a customer's usage in a period: the current checkpoints, and for days without one the latest
 * snapshot. Days after today are left out. Only the role of visibility may read it.
 */
export async function readKnownUsage(
  reader: Reader,
  customer: string,
  period: BillingPeriod,
  now: Date,
): Promise<KnownUsage> {
  const days = periodDays(period);
  const tomorrow = addDays(utcDayOf(now), 1);
  const range = { from_day: days.from, to_day: compareDays(days.to, tomorrow) < 0 ? days.to : tomorrow };
  const cells = await reader.rows(usageCellListKnown, range);
  const checkpointed = await reader.rows(usageDailyListCurrentOfCustomer, { customer_id: customer, ...range });
  const snapshots = await reader.rows(usageSnapshotListOfCustomer, { customer_id: customer, ...range });
  return {
    cells: cells.map((cell) => ({ metric: cell.metric, day: utcDay(cell.day), from: sourceOf(cell) })),
    rows: [...checkpointed, ...snapshots].map(({ metric, day, project_id, quantity }) => ({
      metric,
      day: utcDay(day),
      project: project_id,
      quantity,
    })),
  };
}

type CellRow = NonNullable<(typeof usageCellListKnown)['row']>;

function sourceOf(cell: CellRow): FigureSource {
  const { region, source_id: source } = cell;
  if (cell.checkpoint_id !== null) {
    const checkpoint = checkpointName({ region, source, day: utcDay(cell.day) }, cell.revision ?? 0);
    return { kind: 'checkpoint', region, checkpoint, checkpointId: cell.checkpoint_id.toString() };
  }
  if (cell.waived_because !== null) return { kind: 'waiver', region, source, why: cell.waived_because };
  if (cell.as_of !== null) return { kind: 'snapshot', region, source, asOf: cell.as_of };
  return { kind: 'awaited', region, source, reason: cell.failure_reason };
}
