import { minorUnitsToExact, roundToMinorUnits } from '../../exact/currency.ts';
import { Exact } from '../../exact/exact.ts';
import type { UsageSearch } from './counterexample.ts';
import { whereDefined } from './division.ts';
import { type Proof, proveNever } from './guarantee.ts';
import type { LineContext } from './line-context.ts';
import { Bounds } from './proof/bounds.ts';
import { addIntervals, type Bound, type Interval, isNonNegative } from './proof/interval.ts';
import { type Assumption, type Expression, Normaliser } from './proof/normalise.ts';
import { Polynomial } from './proof/polynomial.ts';
import { canHold } from './proof/solve.ts';

function negative(expression: Expression): Assumption {
  return { kind: 'relation', relation: 'more-than', expression: (normal) => expression(normal).negate() };
}

function amountOf(context: LineContext): Expression {
  return (normal) => normal.normalise(context.reduced, context.now);
}

/** Whether the line is never negative. */
export function proveNonNegative(context: LineContext, search: UsageSearch): Proof {
  return proveNever(
    context.space,
    [negative(amountOf(context)), ...whereDefined(context, context.now)],
    search,
    (outcome) => outcome.kind === 'amount' && outcome.exact.sign() < 0,
  );
}

/**
 * The interval of the subtotal below the line, given the one above it. Rating refuses a negative amount where it is not
 * allowed, so that below such a line the amount was not negative.
 */
export function subtotalBelow(context: LineContext, above: Interval): Interval {
  const amount = roundedInterval(context, lineInterval(context));
  const isCharge = context.line.allowNegative !== true || !canBe(context, negative(amountOf(context)));
  const low = isCharge && !isNonNegative(amount) ? { value: Exact.zero, open: false } : amount.low;
  const bounded: Interval = { low, high: amount.high };
  if (context.line.per === 'project') return addIntervals(above, anyNumberOf(bounded));
  const below = addIntervals(above, bounded);
  if (isNonNegative(below) || !isNonNegative(above) || !context.usesSubtotal) return below;
  return canBe(context, negative(runningTotal(context)))
    ? below
    : { ...below, low: { value: Exact.zero, open: false } };
}

/** The subtotal with this line, before the line is rounded; with the subtotal not below 0 both have one sign. */
function runningTotal(context: LineContext): Expression {
  const subtotal = context.now.inputs.get('subtotal') ?? Polynomial.zero;
  return (normal) => amountOf(context)(normal).add(subtotal);
}

function canBe(context: LineContext, assumption: Assumption): boolean {
  return canHold(context.space, [assumption]).kind === 'possible';
}

function lineInterval(context: LineContext): Interval {
  const { table, rates } = context.space;
  const normal = new Normaliser(table, rates, new Map());
  return new Bounds(table, []).polynomial(amountOf(context)(normal));
}

function roundedInterval(context: LineContext, interval: Interval): Interval {
  const rounded = (bound: Bound | undefined): Bound | undefined =>
    bound === undefined
      ? undefined
      : { value: minorUnitsToExact(roundToMinorUnits(bound.value, context.currency), context.currency), open: false };
  return { low: rounded(interval.low), high: rounded(interval.high) };
}

/** The sums of any number of amounts of the interval, none included. */
function anyNumberOf(amount: Interval): Interval {
  const zero = { value: Exact.zero, open: false };
  return {
    low: amount.low !== undefined && amount.low.value.sign() >= 0 ? zero : undefined,
    high: amount.high !== undefined && amount.high.value.sign() <= 0 ? zero : undefined,
  };
}
