import type { Currency } from '../../exact/currency.ts';
import { exactOf } from '../../exact/decimal.ts';
import { Exact } from '../../exact/exact.ts';
import type { Formula } from '../formula/tree.ts';
import type { PlanDocument, PlanLine } from '../plan-document.ts';
import { rateOf } from '../rates/tier.ts';
import { namesUsed, type PlanFormulas } from '../read-formulas.ts';
import { AtomTable } from './proof/atoms.ts';
import { atLeast, closed, type Interval, moreThan } from './proof/interval.ts';
import type { Assumption, Environment } from './proof/normalise.ts';
import { Polynomial } from './proof/polynomial.ts';
import { reduceFormula } from './proof/reduce.ts';
import type { Space } from './proof/solve.ts';

/** The longest billing period, in days. */
const MOST_DAYS = Exact.of(366n);

/** Everything that the analyses of one line start from. */
export interface LineContext {
  readonly line: PlanLine;
  readonly index: number;
  readonly currency: Currency;
  readonly formula: Formula;
  readonly reduced: Formula;
  /** The lines above, reduced, in order. */
  readonly above: readonly { readonly line: PlanLine; readonly reduced: Formula }[];
  readonly space: Space;
  readonly now: Environment;
  /** The metrics that the formula names, in the order of the plan. */
  readonly metrics: readonly string[];
  readonly usesSubtotal: boolean;
}

/** The same line at more usage: one input larger by an unknown step above zero. */
interface Raised {
  readonly environment: Environment;
  readonly step: Polynomial;
}

/** `subtotal` is the interval of the sum of the rounded lines above. */
export function lineContext(
  plan: PlanDocument,
  formulas: PlanFormulas,
  index: number,
  subtotal: Interval,
): LineContext | undefined {
  const line = plan.lines[index];
  const formula = line === undefined ? undefined : formulas.get(line.key);
  if (line === undefined || formula === undefined) return undefined;
  const table = new AtomTable();
  const days = closed(Exact.one, MOST_DAYS);
  const someDays = closed(Exact.zero, MOST_DAYS);
  const inputs = new Map<string, Polynomial>();
  for (const name of Object.keys(plan.metrics)) inputs.set(name, table.input(name, atLeast(Exact.zero)));
  for (const [name, { value }] of Object.entries(plan.parameters)) {
    inputs.set(name, Polynomial.constant(exactOf(value)));
  }
  const periodDays = table.input('period_days', days);
  const activeDays = table.input('active_days', someDays);
  inputs.set('period_days', periodDays).set('active_days', activeDays);
  inputs.set('subtotal', table.input('subtotal', subtotal));
  const used = new Set(namesUsed(formula).map((use) => use.name));
  const activeWithinPeriod: Assumption = {
    kind: 'relation',
    expression: () => periodDays.subtract(activeDays),
    relation: 'at-least',
  };
  return {
    line,
    index,
    currency: plan.currency,
    formula,
    reduced: reduceFormula(formula),
    above: linesAbove(plan, formulas, index),
    space: {
      table,
      rates: new Map(Object.entries(plan.rates).map(([name, rate]) => [name, rateOf(rate)])),
      always: used.has('active_days') ? [activeWithinPeriod] : [],
    },
    now: { id: 'now', inputs },
    metrics: Object.keys(plan.metrics).filter((name) => used.has(name)),
    usesSubtotal: used.has('subtotal'),
  };
}

function linesAbove(plan: PlanDocument, formulas: PlanFormulas, index: number): LineContext['above'] {
  return plan.lines.slice(0, index).flatMap((line) => {
    const formula = formulas.get(line.key);
    return formula === undefined ? [] : [{ line, reduced: reduceFormula(formula) }];
  });
}

export function raise(context: LineContext, input: string): Raised {
  const before = context.now.inputs.get(input);
  if (before === undefined) throw new Error(`The line ${context.line.key} has no input ${input}.`);
  const step = context.space.table.input(`more ${input}`, moreThan(Exact.zero));
  const inputs = new Map(context.now.inputs).set(input, before.add(step));
  return { environment: { id: `more ${input}`, inputs }, step };
}
