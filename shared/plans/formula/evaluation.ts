import type { Exact } from '../../exact/exact.ts';

/** What a formula is evaluated on: one value per metric, by the slot that the compiled plan gave it, and the builtins. */
export interface EvaluationInputs {
  readonly metrics: readonly Exact[];
  readonly periodDays: Exact;
  readonly activeDays: Exact;
  /** The sum of the rounded lines above, in the currency. */
  readonly subtotal: Exact;
}

export type Evaluate = (inputs: EvaluationInputs) => Exact;

/** Why a formula that is correct has no value for some usage. */
export type EvaluationReason = 'division_by_zero' | 'negative_quantity' | 'package_size_not_positive' | 'cost_limit';

/** Carries a reason out of the closures to the caller that returns it as a value; it goes no further. */
export class EvaluationStop extends Error {
  readonly reason: EvaluationReason;

  constructor(reason: EvaluationReason, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** 4096 bits, or 1233 digits: beyond every amount, and far below what would cost noticeable time. */
const COST_BOUND = 1n << 4096n;

/** The value, unless its digits are beyond the cost limit. Every operation that can lengthen a number ends here. */
export function withinCost(value: Exact, source: string): Exact {
  if (value.exceeds(COST_BOUND)) {
    throw new EvaluationStop('cost_limit', `${source} gives a number of more than 1200 digits; simplify the formula`);
  }
  return value;
}
