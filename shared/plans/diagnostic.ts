/** What the reading of a document or a formula can find. */
export type ReadingCode =
  | 'document'
  | 'syntax'
  | 'formula_too_long'
  | 'formula_too_deep'
  | 'formula_too_large'
  | 'not_allowed'
  | 'unknown_function'
  | 'wrong_arguments'
  | 'literal_inexact'
  | 'literal_out_of_range'
  | 'condition_expected'
  | 'number_expected'
  | 'unknown_name'
  | 'unknown_rate'
  | 'tiers_unusable';

/** What the static check of a readable plan can find. */
export type CheckCode =
  | 'price_negative'
  | 'unused_metric'
  | 'unused_parameter'
  | 'unused_rate'
  | 'unit_mismatch'
  | 'unit_missing'
  | 'line_unit'
  | 'rate_unit'
  | 'price_unit'
  | 'division_by_zero'
  | 'division_unproven'
  | 'negative_quantity'
  | 'quantity_unproven'
  | 'package_size_not_positive'
  | 'package_size_unproven'
  | 'negative_line'
  | 'negative_unproven'
  | 'more_costs_less'
  | 'volume_cliff'
  | 'rising_unproven'
  | 'quantity_ignored'
  | 'metric_ignored'
  | 'constant_condition'
  | 'cost_limit';

export type DiagnosticCode = ReadingCode | CheckCode;

/** One finding about a plan, written for the person who wrote the plan. */
export interface Diagnostic {
  readonly code: DiagnosticCode;
  /** An error stops the plan; a warning must be acknowledged in review. */
  readonly severity: 'error' | 'warning';
  /** The key of the line, or null when the finding is about the document. */
  readonly line: string | null;
  /** Half-open UTF-16 positions in the line's formula; null when there is no place in a formula. */
  readonly start: number | null;
  readonly end: number | null;
  /** What, where, and what to do. */
  readonly message: string;
  /** A usage (metric to decimal) that shows the finding. */
  readonly counterexample?: Readonly<Record<string, string>>;
}
