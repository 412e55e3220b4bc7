import type { Exact } from '../../exact/exact.ts';
import type { Formula } from '../formula/tree.ts';
import { namesUsed } from '../read-formulas.ts';
import type { Step, UsageSearch } from './counterexample.ts';
import { whereDefined } from './division.ts';
import type { LineOutcome } from './evaluate.ts';
import { type Proof, proved } from './guarantee.ts';
import { type LineContext, raise } from './line-context.ts';
import { directionOf } from './proof/direction.ts';
import type { Assumption, Environment, Normaliser } from './proof/normalise.ts';
import { Polynomial } from './proof/polynomial.ts';
import { canHold, type Witness } from './proof/solve.ts';

/**
 * Whether more of a metric never costs less. A line that uses the subtotal is judged together with it: a minimum or a
 * discount may shrink as the lines above grow, as long as the sum does not.
 */
export function proveRising(context: LineContext, search: UsageSearch, metric: string): Proof<Step> {
  const direction = directionOf(context.space, context.reduced, context.now, metric);
  if (direction === 'constant' || direction === 'rising') return proved;
  if (risesWithLinesAbove(context, metric)) return proved;
  const defined = whereDefined(context, context.now);
  const verdict = canHold(context.space, [falls(context, metric, [context.reduced]), ...defined]);
  return verdict.kind === 'impossible' ? proved : searchFall(context, search, metric, verdict.witnesses);
}

/** Looks for two usages of which the one with more of the metric costs less. */
export function searchFall(
  context: LineContext,
  search: UsageSearch,
  metric: string,
  witnesses: readonly Witness[],
): Proof<Step> {
  const step = search.findStep(metric, witnesses, (low, high) => costsLess(context, low, high));
  return step === undefined ? { kind: 'unknown' } : { kind: 'refuted', evidence: step };
}

/** Whether the subtotal with this line never falls as the subtotal grows and all metrics stay. */
export function risesWithSubtotal(context: LineContext): boolean {
  const direction = directionOf(context.space, context.reduced, context.now, 'subtotal');
  if (direction === 'constant' || direction === 'rising') return true;
  return canHold(context.space, [falls(context, 'subtotal', [context.reduced])]).kind === 'impossible';
}

/** A line whose total with the subtotal counts; a line per project adds to the subtotal any number of times. */
export function isJudgedWithSubtotal(context: LineContext): boolean {
  return context.usesSubtotal && context.line.per !== 'project';
}

/** What must not fall: the line, or with the subtotal where it uses that. */
export function judgedAmount(context: LineContext, outcome: LineOutcome): Exact | undefined {
  if (outcome.kind !== 'amount') return undefined;
  return isJudgedWithSubtotal(context) ? outcome.subtotal.add(outcome.exact) : outcome.exact;
}

/** Whether the step to more usage costs less by this line; a fall of the lines above is theirs. */
export function costsLess(context: LineContext, low: LineOutcome, high: LineOutcome): boolean {
  if (low.kind !== 'amount' || high.kind !== 'amount' || high.subtotal.compare(low.subtotal) < 0) return false;
  const [before, after] = [judgedAmount(context, low), judgedAmount(context, high)];
  return before !== undefined && after !== undefined && after.compare(before) < 0;
}

/** The sum of the formulas is larger before the input grows than after. */
function falls(context: LineContext, input: string, formulas: readonly Formula[]): Assumption {
  const raised = raise(context, input);
  const grows = input === 'subtotal' && isJudgedWithSubtotal(context) ? raised.step : Polynomial.zero;
  return {
    kind: 'relation',
    relation: 'more-than',
    expression: (normal) =>
      sum(normal, formulas, context.now)
        .subtract(sum(normal, formulas, raised.environment))
        .subtract(grows),
  };
}

function sum(normal: Normaliser, formulas: readonly Formula[], environment: Environment): Polynomial {
  return formulas.map((formula) => normal.normalise(formula, environment)).reduce((a, b) => a.add(b), Polynomial.zero);
}

/**
 * A discount, or usage beyond what seats include, falls alone; the sum with the lines above, before rounding, may still
 * rise: a further seat costs more than the messages that it includes.
 */
function risesWithLinesAbove(context: LineContext, metric: string): boolean {
  if (context.usesSubtotal || context.above.length === 0) return false;
  const comparable = context.above.every(
    ({ line, reduced }) => line.per === context.line.per && !namesUsed(reduced).some((use) => use.name === 'subtotal'),
  );
  if (!comparable) return false;
  const formulas = [...context.above.map(({ reduced }) => reduced), context.reduced];
  return canHold(context.space, [falls(context, metric, formulas)]).kind === 'impossible';
}
