import type { UtcDay } from '../calendar/utc-day.ts';
import type { Decimal } from '../exact/decimal.ts';

/** One project's usage of one metric on one day in one region, in the source's unit. Never negative. */
export interface UsageRow {
  readonly project: string;
  /** A finite decimal: a day's integral stays in value-seconds, and the metric's divisor turns it into the billed unit. */
  readonly quantity: Decimal;
}

/** Why a reading cannot be billed. Each names one fault of the source; a missing figure is never a zero. */
export type IncompleteReason =
  | 'source_unreachable'
  | 'source_timeout'
  | 'source_error'
  | 'source_warning'
  | 'malformed_response'
  | 'response_too_large'
  | 'not_a_number'
  | 'negative_value'
  | 'missing_label'
  | 'null_value'
  | 'duplicate_row'
  | 'no_data'
  | 'scrape_gap'
  | 'stale_source'
  | 'row_count_mismatch'
  | 'bytes_limit_exceeded'
  /** Not the source's fault: the reader threw what no reader may throw. */
  | 'reader_failed'
  /** Another region's source may count the same. */
  | 'overlapping_regions'
  /** Not the source's fault: a newer attempt at the same day has taken over. */
  | 'overtaken';

/** What the source showed beside its figures; kept with the checkpoint. Counts are whole numbers, totals decimals. */
export interface ReadingEvidence {
  /** The query texts that were sent, with their parameters, in the order sent. */
  readonly queries: readonly {
    readonly text: string;
    readonly parameters: Readonly<Record<string, string>>;
  }[];
  readonly facts: Readonly<Record<string, string | number | readonly string[]>>;
}

/** Why there is no figure. */
export interface Incomplete {
  readonly kind: 'incomplete';
  readonly reason: IncompleteReason;
  /** One sentence: what was seen, for which series or row, and what to do. */
  readonly detail: string;
}

/** What one source said of one UTC day in one region. The rows themselves went to `KeepRows`. */
export type UsageReading =
  | { readonly kind: 'complete'; readonly evidence: ReadingEvidence }
  | (Incomplete & { readonly evidence: ReadingEvidence });

/**
 * Takes a batch of rows; undefined when it is kept, else why the reading cannot go on, which the reader then answers.
 * A reader waits for it before it reads on, so that memory holds one batch and not the day. What it throws ends the
 * reading.
 */
export type KeepRows = (rows: readonly UsageRow[]) => Promise<Incomplete | undefined>;

/** Reads one day of one source. It never throws for what a source does: every fault is a named reason. */
export interface UsageReader {
  /**
   * Hands the day's rows to `keep`, batch by batch, in any order. Rows that were handed over count
   * only when the reading ends as complete.
   *
   * `until`, an instant of the day on a whole second, reads the day from midnight to before it, for a figure that is
   * provisional and never billed; without it the whole day is read.
   */
  read(region: string, day: UtcDay, keep: KeepRows, until?: Date): Promise<UsageReading>;
}
