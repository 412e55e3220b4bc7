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
  | 'bytes_limit_exceeded';

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

/** What one source said of one UTC day in one region. */
export type UsageReading =
  | { readonly kind: 'complete'; readonly rows: readonly UsageRow[]; readonly evidence: ReadingEvidence }
  | (Incomplete & { readonly evidence: ReadingEvidence });

/** Reads one day of one source. It never throws for what a source does: every fault is a named reason. */
export interface UsageReader {
  read(region: string, day: UtcDay): Promise<UsageReading>;
}
