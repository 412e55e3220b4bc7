import { Exact } from '../../exact/exact.ts';
import type { Condition, Formula } from '../formula/tree.ts';
import { at, type Step, TINY } from './counterexample.ts';
import type { Usage } from './evaluate.ts';
import type { LineProofs } from './examine.ts';
import { costsLess } from './monotone.ts';
import { Normaliser } from './proof/normalise.ts';
import { cliffs } from './proof/rate-pieces.ts';
import { reduceFormula, unreachable } from './proof/reduce.ts';
import { rootsOf } from './roots.ts';

type Rated = Extract<Formula, { kind: 'rated' }>;

/** A tier bound behind which the line costs less, with two usages of the metric that show it. */
interface LineCliff {
  readonly place: Rated;
  /** The quantity of the rate function at the bound. */
  readonly quantity: Exact;
  readonly step: Step;
}

/** The steps down at tier bounds that remain steps down of the whole line, as the metric grows from the given usage. */
export function cliffsOf(proofs: LineProofs, metric: string, from: Step): LineCliff[] {
  const { context, search } = proofs;
  const normal = new Normaliser(context.space.table, context.space.rates, new Map());
  return ratedIn(context.formula).flatMap((place) => {
    const rate = context.space.rates.get(place.rate);
    if (rate === undefined) return [];
    const quantity = normal.normalise(reduceFormula(place.quantity), context.now);
    return cliffs(place.name, rate).flatMap((cliff): LineCliff[] => {
      const bounds = rootsOf(context.space.table, quantity, cliff.quantity).filter(({ input }) => input === metric);
      const steps = bounds.flatMap(({ value }) =>
        [Exact.one, TINY].map((size) => stepFrom(from.low, metric, value, size)),
      );
      const step = steps.find(({ low, high }) => costsLess(context, search.outcome(low), search.outcome(high)));
      return step === undefined ? [] : [{ place, quantity: cliff.quantity, step }];
    });
  });
}

function stepFrom(usage: Usage, metric: string, value: Exact, size: Exact): Step {
  const low = at(usage, metric, value);
  return { low, high: at(low, metric, value.add(size)) };
}

function ratedIn(formula: Formula | Condition): Rated[] {
  switch (formula.kind) {
    case 'number':
    case 'name':
      return [];
    case 'negate':
    case 'not':
      return ratedIn(formula.operand);
    case 'arithmetic':
    case 'compare':
    case 'logic':
      return [...ratedIn(formula.left), ...ratedIn(formula.right)];
    case 'call':
      return formula.args.flatMap(ratedIn);
    case 'rated':
      return [formula, ...ratedIn(formula.quantity)];
    case 'choose':
      return [formula.condition, formula.whenTrue, formula.whenFalse].flatMap((part) => ratedIn(part));
    default:
      return unreachable(formula);
  }
}
