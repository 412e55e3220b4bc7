import { type MinorUnits, minorUnits, minorUnitsToExact } from '../exact/currency.ts';
import { Exact } from '../exact/exact.ts';
import type { CompiledLine, CompiledPlan } from '../plans/compile.ts';
import type { EvaluationInputs } from '../plans/formula/evaluation.ts';
import { rateLine } from './rate-line.ts';
import type { Quantities, RatedLine, Rating, RatingRefusal, RatingUsage } from './rating.ts';
import { findUsageProblem } from './usage-problem.ts';

/** The largest number of minor units that the database and Stripe keep. */
const MAX_AMOUNT = 2n ** 63n - 1n;

/** What a line is rated on: the customer's totals, or one project's own usage. */
interface Scope {
  readonly project: string | null;
  readonly quantities: Quantities;
}

function scopesOf(line: CompiledLine, usage: RatingUsage): Scope[] {
  if (!line.perProject) return [{ project: null, quantities: usage.totals }];
  return [...usage.projects]
    .map(([project, quantities]) => ({ project, quantities }))
    .sort((a, b) => (a.project < b.project ? -1 : 1));
}

function inputsOf(plan: CompiledPlan, usage: RatingUsage, scope: Scope, subtotal: MinorUnits): EvaluationInputs {
  return {
    metrics: plan.metrics.map((metric) => scope.quantities.get(metric) ?? Exact.zero),
    periodDays: Exact.of(BigInt(usage.periodDays)),
    activeDays: Exact.of(BigInt(usage.activeDays)),
    subtotal: minorUnitsToExact(subtotal, plan.plan.currency),
  };
}

function outOfRange(line: RatedLine): RatingRefusal {
  const detail = `line ${line.key} brings the invoice beyond ${MAX_AMOUNT} minor units; correct the prices or the usage`;
  return { kind: 'refused', reason: 'amount_out_of_range', line: line.key, project: line.project, detail };
}

function magnitude(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}

/**
 * Rates one customer's usage of one segment under a plan. Pure: the same plan and usage give the same result.
 *
 * The order of operations:
 *  1. the usage has every metric of the plan, and nothing negative;
 *  2. the plan's lines in order, each for the customer or for each project in the order of project ids;
 *  3. a line's exact amount from its formula, where `subtotal` is the sum of the rounded lines above it
 *     (a project's line does not see the same line of other projects);
 *  4. rounding of that amount, once, to the minor unit, half away from zero;
 *  5. refusal of a negative amount unless the line allows it;
 *  6. shares of the rounded amount for the parts under the line;
 *  7. the sum.
 * A line whose amount is zero is a line. The first refusal ends the rating and nothing is charged.
 */
export function rate(plan: CompiledPlan, usage: RatingUsage): Rating {
  const problem = findUsageProblem(plan, usage);
  if (problem !== null) return problem;

  const lines: RatedLine[] = [];
  let subtotal = minorUnits(0n);
  for (const line of plan.lines) {
    let sum = subtotal;
    for (const scope of scopesOf(line, usage)) {
      const outcome = rateLine(line, inputsOf(plan, usage, scope, subtotal), plan.plan.currency, scope.project);
      if (outcome.kind === 'refused') return outcome;
      sum = minorUnits(sum + outcome.line.amount);
      if (magnitude(outcome.line.amount) > MAX_AMOUNT || magnitude(sum) > MAX_AMOUNT) return outOfRange(outcome.line);
      lines.push(outcome.line);
    }
    subtotal = sum;
  }

  const { planDigest, parametersDigest } = plan;
  return {
    kind: 'rated',
    currency: plan.plan.currency,
    planDigest,
    parametersDigest,
    lines,
    subtotal,
    total: subtotal,
  };
}
