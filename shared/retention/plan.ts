import { z } from 'zod';
import { type BillingPeriod, billingPeriod } from '../calendar/billing-period.ts';
import type { Reader } from '../database/database.ts';
import { usageDailyCountDefault, usagePartitionPlan } from '../database/queries.generated.ts';

/** What somebody still needs a month for. */
const blockerSchema = z.object({
  kind: z.enum(['held', 'run_not_closed', 'run_not_approved', 'invoice_open', 'exception_open', 'attempt_running']),
  /** A hold, a run, an invoice, an exception, a cell. */
  subject: z.string(),
  detail: z.string(),
});
export type Blocker = z.output<typeof blockerSchema>;

/** Rows and totals of one metric, in the source's unit: of the current revisions, and of those that they superseded. */
export const metricTotalsSchema = z.record(
  z.string(),
  z.object({ rows: z.int(), total: z.string(), supersededRows: z.int(), supersededTotal: z.string() }),
);
export type MetricTotals = z.output<typeof metricTotalsSchema>;

/** What was in a month when it was sealed. */
export interface MonthFigures {
  readonly rows: bigint;
  readonly totals: MetricTotals;
  /** Over every checkpoint's row count, total and digests. */
  readonly digest: string;
}

const STATUSES = ['absent', 'open', 'sealed', 'detached', 'dropped'] as const;
/** `make` a partition, `seal`, `drop` (detach first), `attach` what was detached and is needed again. */
const STEPS = ['make', 'seal', 'drop', 'attach', 'none'] as const;

export interface PlannedMonth {
  readonly month: BillingPeriod;
  readonly status: (typeof STATUSES)[number];
  readonly step: (typeof STEPS)[number];
  /** Why the step that would be due is not taken, and who holds the month. */
  readonly blockers: readonly Blocker[];
  /** The first day on which its rows may be dropped. */
  readonly keptUntil: string;
  /** Null while it is open. */
  readonly figures: MonthFigures | null;
  readonly sealedAt: Date | null;
  readonly droppedAt: Date | null;
}

export interface RetentionPlan {
  readonly at: Date;
  readonly months: readonly PlannedMonth[];
  /** Rows outside the managed months; none belong there. */
  readonly stray: { readonly rows: number; readonly firstDay: string | null; readonly lastDay: string | null };
}

const statusSchema = z.enum(STATUSES);
const stepSchema = z.enum(STEPS);

/**
 * What retention would do at an instant, month by month, the oldest first. The conditions are the database's own: each
 * step checks them again when it is taken.
 */
export async function planRetention(reader: Reader, at: Date): Promise<RetentionPlan> {
  const rows = await reader.rows(usagePartitionPlan, { at });
  const stray = await reader.first(usageDailyCountDefault, {});
  return {
    at,
    months: rows.map((row) => ({
      month: billingPeriod(row.month),
      status: statusSchema.parse(row.status),
      step: stepSchema.parse(row.step),
      blockers: z.array(blockerSchema).parse(row.blockers),
      keptUntil: row.kept_until,
      figures:
        row.digest === null || row.row_count === null
          ? null
          : { rows: row.row_count, totals: metricTotalsSchema.parse(row.totals), digest: row.digest },
      sealedAt: row.sealed_at,
      droppedAt: row.dropped_at,
    })),
    stray: { rows: stray?.rows ?? 0, firstDay: stray?.first_day ?? null, lastDay: stray?.last_day ?? null },
  };
}

/** The month's state as people name it: one that somebody holds is held, whatever it is besides. */
export function stateOf({ status, blockers }: PlannedMonth): PlannedMonth['status'] | 'held' {
  return status !== 'dropped' && blockers.some(({ kind }) => kind === 'held') ? 'held' : status;
}
