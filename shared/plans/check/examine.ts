import { Exact } from '../../exact/exact.ts';
import { compilePlan } from '../compile.ts';
import type { PlanDocument } from '../plan-document.ts';
import { namesUsed, type PlanFormulas } from '../read-formulas.ts';
import { type Step, UsageSearch } from './counterexample.ts';
import { proveStopFree, type StopPlace, stopPlaces } from './division.ts';
import { PlanEvaluator } from './evaluate.ts';
import { type Proof, proved } from './guarantee.ts';
import { type LineContext, lineContext } from './line-context.ts';
import { proveRising, risesWithSubtotal, searchFall } from './monotone.ts';
import { exactly, type Interval } from './proof/interval.ts';
import { proveNonNegative, subtotalBelow } from './sign.ts';

/** What is known of one line, over every usage. */
export interface LineProofs {
  readonly context: LineContext;
  readonly search: UsageSearch;
  /** Places where evaluation could stop, each with whether it never does. */
  readonly stops: readonly { readonly place: StopPlace; readonly proof: Proof }[];
  /** Undefined for a line that may be negative. */
  readonly nonNegative: Proof | undefined;
  /**
   * By metric: more never costs less. A line that uses the subtotal is judged together with it, and for the metrics of
   * the lines above too: the sum falls neither when a metric grows under the same subtotal nor when the subtotal grows.
   */
  readonly rising: ReadonlyMap<string, Proof<Step>>;
}

/** Examines the lines of a plan whose formulas were all read and whose names are all known. */
export function examinePlan(plan: PlanDocument, formulas: PlanFormulas): LineProofs[] {
  const evaluator = new PlanEvaluator(compilePlan(plan));
  const lines: LineProofs[] = [];
  let subtotal: Interval = exactly(Exact.zero);
  for (const index of plan.lines.keys()) {
    const context = lineContext(plan, formulas, index, subtotal);
    if (context === undefined) continue;
    lines.push(examineLine(plan, context, evaluator));
    subtotal = subtotalBelow(context, subtotal);
  }
  return lines;
}

function examineLine(plan: PlanDocument, context: LineContext, evaluator: PlanEvaluator): LineProofs {
  const relevant = context.usesSubtotal
    ? [...context.above.map(({ reduced }) => reduced), context.formula]
    : [context.formula];
  const names = new Set(relevant.flatMap((formula) => namesUsed(formula).map((use) => use.name)));
  const metrics = Object.keys(plan.metrics).filter((name) => names.has(name));
  const usesDays = names.has('active_days') || names.has('period_days');
  const search = new UsageSearch(context, evaluator, metrics, usesDays);
  return {
    context,
    search,
    stops: stopPlaces(context).map((place) => ({ place, proof: proveStopFree(context, search, place) })),
    nonNegative: context.line.allowNegative === true ? undefined : proveNonNegative(context, search),
    rising: risingProofs(context, search),
  };
}

function risingProofs(context: LineContext, search: UsageSearch): Map<string, Proof<Step>> {
  const followsSubtotal = !context.usesSubtotal || risesWithSubtotal(context);
  return new Map(
    search.metrics.map((metric) => {
      const own: Proof<Step> = context.metrics.includes(metric) ? proveRising(context, search, metric) : proved;
      return [metric, own.kind === 'proved' && !followsSubtotal ? searchFall(context, search, metric, []) : own];
    }),
  );
}
