import { type Digest, digest, digestOf } from '../canonical/canonical-json.ts';
import { type Decimal, exactOf } from '../exact/decimal.ts';
import { compileDetails, type LinePart } from './formula/compile-details.ts';
import { compileFormula, type FormulaScope } from './formula/compile-formula.ts';
import type { Evaluate, EvaluationInputs } from './formula/evaluation.ts';
import type { Formula } from './formula/tree.ts';
import { type BuiltinName, isBuiltinName } from './names.ts';
import type { PlanDocument, PlanLine } from './plan-document.ts';
import { rateOf } from './rates/tier.ts';
import { namesUsed, readFormulas } from './read-formulas.ts';

export interface CompiledLine {
  readonly key: string;
  readonly label: string;
  readonly formulaText: string;
  readonly formulaDigest: Digest;
  readonly formula: Formula;
  readonly perProject: boolean;
  readonly allowNegative: boolean;
  /** The metric that is shown as the line's quantity, by slot. */
  readonly quantitySlot: number | null;
  /** The exact amount in the currency. Throws EvaluationStop. */
  readonly evaluate: Evaluate;
  /** The parts that add up to the amount; null for a line that is shown whole. Throws EvaluationStop. */
  readonly details: ((inputs: EvaluationInputs) => LinePart[]) | null;
  /** The values that the formula uses, without repetition, in the order of the text. */
  readonly inputs: readonly { readonly name: string; readonly evaluate: Evaluate }[];
}

/** A plan that is ready to rate any usage. Pure and immutable; it may be shared. */
export interface CompiledPlan {
  readonly plan: PlanDocument;
  /** The plan version: the digest of the plan's canonical JSON, overrides applied. */
  readonly planDigest: Digest;
  /** The digest of the plan's parameters and rates alone. */
  readonly parametersDigest: Digest;
  /** The metrics in slot order. */
  readonly metrics: readonly string[];
  readonly lines: readonly CompiledLine[];
}

/** The plan version: the digest of the canonical JSON of a parsed plan. */
export function planVersionDigest(plan: PlanDocument): Digest {
  return digestOf(plan);
}

function builtin(name: BuiltinName): Evaluate {
  switch (name) {
    case 'period_days':
      return (inputs) => inputs.periodDays;
    case 'active_days':
      return (inputs) => inputs.activeDays;
    case 'subtotal':
      return (inputs) => inputs.subtotal;
    default:
      return name satisfies never;
  }
}

function found<Value>(value: Value | undefined, what: string): Value {
  if (value === undefined) throw new RangeError(`${what} is not part of the plan`);
  return value;
}

/** What names stand for in the plan's formulas: one closure per name, made once. */
function scopeOf(plan: PlanDocument, metrics: readonly string[]): Omit<FormulaScope, 'text'> {
  const rates = new Map(Object.entries(plan.rates).map(([name, rate]) => [name, rateOf(rate)]));
  const values = new Map<string, Evaluate>();
  for (const [slot, name] of metrics.entries()) values.set(name, (inputs) => found(inputs.metrics[slot], name));
  for (const [name, { value }] of Object.entries(plan.parameters)) values.set(name, constant(value));
  return {
    name: (name) => (isBuiltinName(name) ? builtin(name) : found(values.get(name), name)),
    rate: (name) => found(rates.get(name), name),
  };
}

function constant(value: Decimal): Evaluate {
  const exact = exactOf(value);
  return () => exact;
}

function compileLine(
  line: PlanLine,
  formula: Formula,
  metrics: readonly string[],
  names: Omit<FormulaScope, 'text'>,
): CompiledLine {
  const scope = { ...names, text: line.formula };
  const used = new Set(namesUsed(formula).flatMap(({ kind, name }) => (kind === 'value' ? [name] : [])));
  return {
    key: line.key,
    label: line.label,
    formulaText: line.formula,
    formulaDigest: digest(line.formula),
    formula,
    perProject: line.per === 'project',
    allowNegative: line.allowNegative ?? false,
    quantitySlot: line.quantity === undefined ? null : metrics.indexOf(line.quantity),
    evaluate: compileFormula(formula, scope),
    details: compileDetails(formula, scope),
    inputs: [...used].map((name) => ({ name, evaluate: names.name(name) })),
  };
}

/**
 * Compiles a plan for rating. Throws RangeError with the first problem when a formula cannot be read or a rate cannot
 * be used; `readFormulas` gives those problems as values, and a plan that passed the check has none.
 */
export function compilePlan(plan: PlanDocument): CompiledPlan {
  const reading = readFormulas(plan);
  if (reading.kind === 'refused')
    throw new RangeError(`plan ${plan.plan}: ${reading.diagnostics[0]?.message ?? 'it cannot be read'}`);
  const metrics = Object.keys(plan.metrics).sort();
  const names = scopeOf(plan, metrics);
  return {
    plan,
    planDigest: planVersionDigest(plan),
    parametersDigest: digestOf({ parameters: plan.parameters, rates: plan.rates }),
    metrics,
    lines: plan.lines.map((line) => compileLine(line, found(reading.formulas.get(line.key), line.key), metrics, names)),
  };
}
