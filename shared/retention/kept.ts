import { z } from 'zod';
import type { BillingPeriod } from '../calendar/billing-period.ts';
import { digest } from '../canonical/canonical-json.ts';
import type { Reader } from '../database/database.ts';
import { usagePartitionFindKept } from '../database/queries.generated.ts';
import { type MonthFigures, metricTotalsSchema } from './plan.ts';

const entrySchema = z.object({
  rows: z.int(),
  totals: metricTotalsSchema,
  digest: z.string(),
  checkpoints: z.array(z.tuple([z.int(), z.int(), z.string(), z.string(), z.string()])),
});

/** What the audit log keeps of a checkpoint whose rows are gone. */
export interface KeptCheckpoint {
  readonly rows: number;
  readonly total: string;
  /** The digest in the checkpoint's header, which the run pinned. */
  readonly digest: string;
}

/** A month whose rows are gone, or are going. */
export interface KeptMonth {
  readonly month: BillingPeriod;
  readonly status: 'detached' | 'dropped';
  /** As they were when the month was sealed. */
  readonly figures: MonthFigures;
  readonly goneAt: Date;
  /** The audit entry of the drop: its place in the chain, and whether it adds up to the sealed figures. Null until the drop. */
  readonly entry: { readonly sequence: bigint; readonly adds_up: boolean } | null;
  /** By checkpoint id; empty until the drop. */
  readonly checkpoints: ReadonlyMap<bigint, KeptCheckpoint>;
}

/** What is left of a month's usage; undefined while its rows are there. */
export async function readKeptMonth(reader: Reader, month: BillingPeriod): Promise<KeptMonth | undefined> {
  const row = await reader.first(usagePartitionFindKept, { month });
  if (row === undefined || row.detached_at === null) return undefined;
  const figures = { rows: row.row_count, totals: metricTotalsSchema.parse(row.totals), digest: row.digest };
  const entry = row.detail === null ? null : entrySchema.parse(JSON.parse(row.detail));
  const checkpoints = new Map(
    (entry?.checkpoints ?? []).map(([id, rows, total, header]) => [BigInt(id), { rows, total, digest: header }]),
  );
  return {
    month,
    status: row.status === 'dropped' ? 'dropped' : 'detached',
    figures,
    goneAt: row.dropped_at ?? row.detached_at,
    entry: entry === null || row.sequence === null ? null : { sequence: row.sequence, adds_up: addsUp(entry, figures) },
    checkpoints,
  };
}

/** Whether the entry's checkpoints give its own figures, and those are the ones of the sealing. */
function addsUp(entry: z.output<typeof entrySchema>, sealed: MonthFigures): boolean {
  const lines = entry.checkpoints.map((figures) => figures.join(' ')).join('\n');
  const rows = entry.checkpoints.reduce((sum, [, count]) => sum + count, 0);
  return (
    digest(lines) === entry.digest &&
    entry.digest === sealed.digest &&
    rows === entry.rows &&
    BigInt(entry.rows) === sealed.rows
  );
}
