import type { Diagnostic, DiagnosticCode } from '../diagnostic.ts';

/** One kind of finding, for people: the documentation of the codes is made from this. */
interface CodeDescription {
  readonly severity: Diagnostic['severity'];
  /** One sentence: what the finding says about the plan. */
  readonly meaning: string;
  /** A formula, or a part of a plan, that has it. */
  readonly example: string;
}

const error = 'error';
const warning = 'warning';

/**
 * Every code that a plan can get. Errors stop the plan. Warnings must be acknowledged by the reviewer: among them what
 * could not be proved, since rating refuses a negative line or a division by zero anyway and holds the customer.
 */
export const DIAGNOSTIC_CODES: Readonly<Record<DiagnosticCode, CodeDescription>> = {
  document: { severity: error, meaning: 'The document is not a plan.', example: '{"currency": "gold"}' },
  syntax: { severity: error, meaning: 'The formula cannot be read.', example: 'data_gb * (price' },
  'formula-too-long': {
    severity: error,
    meaning: 'The text of the formula is longer than 4 KiB.',
    example: 'a + a + … (5000 characters)',
  },
  'formula-too-deep': {
    severity: error,
    meaning: 'The formula has more than 32 levels of parentheses.',
    example: '((((…))))',
  },
  'formula-too-large': {
    severity: error,
    meaning: 'The formula has more than 500 values and operators.',
    example: 'a + a + … (600 times)',
  },
  'not-allowed': {
    severity: error,
    meaning: 'The formula uses something that formulas do not have.',
    example: 'a = 1',
  },
  'unknown-function': { severity: error, meaning: 'There is no such function.', example: 'round(data_gb)' },
  'wrong-arguments': { severity: error, meaning: 'A function has too few or too many arguments.', example: 'max(a)' },
  'literal-inexact': {
    severity: error,
    meaning: 'A number would lose digits when read; it belongs into a parameter.',
    example: '0.12345678901234567890 * fee',
  },
  'literal-out-of-range': { severity: error, meaning: 'A number is too large or too small.', example: '1e99 * fee' },
  'condition-expected': { severity: error, meaning: 'A number stands where a condition must.', example: 'fee ? 1 : 0' },
  'number-expected': { severity: error, meaning: 'A condition stands where a number must.', example: '(a > b) * fee' },
  'unknown-name': {
    severity: error,
    meaning: 'A name is neither a metric nor a parameter of the plan.',
    example: 'data_bg * price',
  },
  'unknown-rate': {
    severity: error,
    meaning: 'A name is not a rate of the plan.',
    example: 'graduated(requests, rat)',
  },
  'tiers-unusable': {
    severity: error,
    meaning: 'The tiers of a rate are not in ascending order, repeat a bound, or do not end with an open tier.',
    example: '"tiers": [{"upTo": "10", …}, {"upTo": "10", …}, {"upTo": null, …}]',
  },
  'price-negative': {
    severity: error,
    meaning: 'A tier has a negative price or flat amount, and a line that is not a discount or credit uses it.',
    example: '{"upTo": null, "unitPrice": "-1"}',
  },
  'unused-metric': { severity: warning, meaning: 'No formula uses the metric.', example: '"metrics": {"spare": …}' },
  'unused-parameter': {
    severity: warning,
    meaning: 'No formula uses the parameter.',
    example: '"parameters": {"old_price": …}',
  },
  'unused-rate': { severity: warning, meaning: 'No formula uses the rate.', example: '"rates": {"old_rate": …}' },
  'unit-mismatch': {
    severity: error,
    meaning: 'Values of different units are added, compared, or alternatives of one another.',
    example: 'data_gb + requests',
  },
  'unit-missing': {
    severity: error,
    meaning: 'A bare number stands where a value with a unit must; only 0 fits any unit.',
    example: 'max(0, data_gb - 100) * price_per_gb',
  },
  'line-unit': {
    severity: error,
    meaning: "The line is not an amount in the plan's currency.",
    example: 'data_gb * included_gb',
  },
  'rate-unit': {
    severity: error,
    meaning: 'The quantity of a rate function is not in the unit of the rate.',
    example: 'graduated(data_gb, request_rate)',
  },
  'price-unit': {
    severity: error,
    meaning: "The price of a package is not an amount in the plan's currency.",
    example: 'package(requests, package_size, price_per_gb)',
  },
  'division-by-zero': { severity: error, meaning: 'A divisor is zero for some usage.', example: 'fee / data_gb' },
  'division-unproven': {
    severity: warning,
    meaning: 'It could not be proved that a divisor is never zero.',
    example: 'fee / (a * a - 2 * a * b + b * b + rest)',
  },
  'negative-quantity': {
    severity: error,
    meaning: 'A rate function or package gets a negative quantity for some usage.',
    example: 'graduated(requests - included, request_rate)',
  },
  'quantity-unproven': {
    severity: warning,
    meaning: 'It could not be proved that the quantity of a rate function or package is never negative.',
    example: 'graduated(a * a - 2 * a * b + b * b, rate)',
  },
  'package-size-not-positive': {
    severity: error,
    meaning: 'The size of a package is zero or negative for some usage.',
    example: 'package(requests, 0 * package_size, price)',
  },
  'package-size-unproven': {
    severity: warning,
    meaning: 'It could not be proved that the size of a package is always above zero.',
    example: 'package(requests, a * a - 2 * a * b + b * b + rest, price)',
  },
  'may-be-negative': {
    severity: error,
    meaning: 'A line that is not marked allowNegative is negative for some usage.',
    example: '(data_gb - included_gb) * price_per_gb',
  },
  'negative-unproven': {
    severity: warning,
    meaning: 'It could not be proved that a line without allowNegative is never negative.',
    example: '(a * a - 2 * a * b + b * b) * price',
  },
  'more-costs-less': {
    severity: warning,
    meaning: 'More usage of a metric costs less.',
    example: 'data_gb > 100 ? data_gb * low_price : data_gb * high_price',
  },
  'volume-cliff': {
    severity: warning,
    meaning: 'At a tier bound the whole quantity becomes cheaper, so that using more costs less.',
    example: 'volume(requests, rate) with tiers 1000 at 2, then 1',
  },
  'rising-unproven': {
    severity: warning,
    meaning: 'It could not be proved that more usage never costs less.',
    example: 'fee * a / (a + b)',
  },
  'quantity-ignored': {
    severity: warning,
    meaning: 'The metric shown as the quantity of a line is not in its formula.',
    example: '"quantity": "requests", "formula": "data_gb * price"',
  },
  'metric-ignored': {
    severity: warning,
    meaning: 'A formula names a metric, but its value changes nothing.',
    example: 'min(0, requests * price) + fee',
  },
  'constant-condition': {
    severity: warning,
    meaning: 'A condition is always true or always false.',
    example: 'data_gb >= 0 ? fee : 0',
  },
  'cost-limit': {
    severity: error,
    meaning: 'For extreme usage the formula needs numbers of more digits than rating works with.',
    example: 'a * a * a * a * a * a * a * a * a * a * a * a',
  },
};
