/** What the reading of a document or a formula can find. */
export type ReadingCode =
  | 'document'
  | 'syntax'
  | 'formula-too-long'
  | 'formula-too-deep'
  | 'formula-too-large'
  | 'not-allowed'
  | 'unknown-function'
  | 'wrong-arguments'
  | 'literal-inexact'
  | 'literal-out-of-range'
  | 'condition-expected'
  | 'number-expected'
  | 'unknown-name'
  | 'unknown-rate'
  | 'tiers-unusable';

/** What the static check of a readable plan can find. */
export type CheckCode =
  | 'price-negative'
  | 'unused-metric'
  | 'unused-parameter'
  | 'unused-rate'
  | 'unit-mismatch'
  | 'unit-missing'
  | 'line-unit'
  | 'rate-unit'
  | 'price-unit'
  | 'division-by-zero'
  | 'division-unproven'
  | 'negative-quantity'
  | 'quantity-unproven'
  | 'package-size-not-positive'
  | 'package-size-unproven'
  | 'may-be-negative'
  | 'negative-unproven'
  | 'more-costs-less'
  | 'volume-cliff'
  | 'rising-unproven'
  | 'quantity-ignored'
  | 'metric-ignored'
  | 'constant-condition'
  | 'cost-limit';

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
