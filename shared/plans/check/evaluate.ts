import { minorUnitsToExact, roundToMinorUnits } from '../../exact/currency.ts';
import { Exact } from '../../exact/exact.ts';
import type { CompiledLine, CompiledPlan } from '../compile.ts';
import { type EvaluationReason, EvaluationStop } from '../formula/evaluation.ts';

/** A usage to try: quantities by metric (a metric that is left out is 0), and the days of the period. */
export interface Usage {
  readonly metrics: ReadonlyMap<string, Exact>;
  readonly periodDays: Exact;
  readonly activeDays: Exact;
}

export type LineOutcome =
  | { readonly kind: 'amount'; readonly exact: Exact; readonly subtotal: Exact }
  | { readonly kind: 'stopped'; readonly reason: EvaluationReason }
  /** A line above stops, or is negative without being allowed to, so that rating never comes to this line. */
  | { readonly kind: 'unreached' };

/** Evaluates single lines of a plan as rating does, for usages that the analysis wants to try. */
export class PlanEvaluator {
  readonly #plan: CompiledPlan;

  constructor(plan: CompiledPlan) {
    this.#plan = plan;
  }

  /** `needsSubtotal` says whether the lines above have to be rated first. */
  line(index: number, usage: Usage, needsSubtotal: boolean): LineOutcome {
    const line = this.#plan.lines[index];
    if (line === undefined) throw new Error(`The plan has no line ${index}.`);
    if (!needsSubtotal) return this.#evaluate(line, usage, Exact.zero);
    let subtotal = Exact.zero;
    for (const above of this.#plan.lines.slice(0, index)) {
      const outcome = this.#evaluate(above, usage, subtotal);
      if (outcome.kind !== 'amount' || (outcome.exact.sign() < 0 && !above.allowNegative)) return { kind: 'unreached' };
      const { currency } = this.#plan.plan;
      subtotal = subtotal.add(minorUnitsToExact(roundToMinorUnits(outcome.exact, currency), currency));
    }
    return this.#evaluate(line, usage, subtotal);
  }

  #evaluate(line: CompiledLine, usage: Usage, subtotal: Exact): LineOutcome {
    const { periodDays, activeDays } = usage;
    const metrics = this.#plan.metrics.map((name) => usage.metrics.get(name) ?? Exact.zero);
    try {
      return { kind: 'amount', exact: line.evaluate({ metrics, periodDays, activeDays, subtotal }), subtotal };
    } catch (problem) {
      if (problem instanceof EvaluationStop) return { kind: 'stopped', reason: problem.reason };
      throw problem;
    }
  }
}
