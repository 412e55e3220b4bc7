import { Exact } from '../../exact/exact.ts';
import { graduated } from '../rates/graduated.ts';
import { packages } from '../rates/package.ts';
import { type ListedRate, type RatePart, sumOfParts } from '../rates/tier.ts';
import { volume } from '../rates/volume.ts';
import { compileCondition } from './compile-condition.ts';
import { type Evaluate, type EvaluationInputs, EvaluationStop, withinCost } from './evaluation.ts';
import { quoted } from './refusal.ts';
import type { Formula, Span } from './tree.ts';

/** What the names of a plan's formulas stand for. */
export interface FormulaScope {
  readonly text: string;
  readonly name: (name: string) => Evaluate;
  readonly rate: (name: string) => ListedRate;
}

/** Names the place of a formula in messages. */
export function excerpt(scope: FormulaScope, span: Span): string {
  return quoted(scope.text.slice(span.start, span.end));
}

function compileArithmetic(formula: Formula & { kind: 'arithmetic' }, scope: FormulaScope): Evaluate {
  const [left, right] = [compileFormula(formula.left, scope), compileFormula(formula.right, scope)];
  const source = excerpt(scope, formula.span);
  switch (formula.operator) {
    case '+':
      return (inputs) => withinCost(left(inputs).add(right(inputs)), source);
    case '-':
      return (inputs) => withinCost(left(inputs).subtract(right(inputs)), source);
    case '*':
      return (inputs) => withinCost(left(inputs).multiply(right(inputs)), source);
    case '/':
      return (inputs) => {
        const divisor = right(inputs);
        if (divisor.isZero()) {
          const which = excerpt(scope, formula.right.span);
          throw new EvaluationStop('division_by_zero', `${source} divides by ${which}, which is 0 for this usage`);
        }
        return withinCost(left(inputs).divide(divisor), source);
      };
    default:
      return formula.operator satisfies never;
  }
}

function compileCall(formula: Formula & { kind: 'call' }, scope: FormulaScope): Evaluate {
  if (formula.name === 'package') {
    const parts = compileRateParts(formula, scope);
    return (inputs) => sumOfParts(parts(inputs));
  }
  const args = formula.args.map((arg) => compileFormula(arg, scope));
  const [first = zero, second = zero, third = zero] = args;
  /** The first is evaluated once: twice at every level would double the work of each nesting. */
  const others = args.slice(1);
  switch (formula.name) {
    case 'min':
      return (inputs) => others.reduce((least, arg) => Exact.min(least, arg(inputs)), first(inputs));
    case 'max':
      return (inputs) => others.reduce((most, arg) => Exact.max(most, arg(inputs)), first(inputs));
    case 'ceil':
      return (inputs) => Exact.of(first(inputs).ceil());
    case 'floor':
      return (inputs) => Exact.of(first(inputs).floor());
    case 'abs':
      return (inputs) => first(inputs).abs();
    case 'clamp':
      return (inputs) => Exact.max(second(inputs), Exact.min(first(inputs), third(inputs)));
    default:
      return formula.name satisfies never;
  }
}

function zero(): Exact {
  return Exact.zero;
}

function notNegative(quantity: Exact, source: string): Exact {
  if (quantity.sign() >= 0) return quantity;
  throw new EvaluationStop(
    'negative_quantity',
    `${source} gets the quantity ${shortNumber(quantity)}; a quantity cannot be negative`,
  );
}

function shortNumber(value: Exact): string {
  const text = value.toString();
  return text.length > 60 ? `${text.slice(0, 60)}…` : text;
}

/** A formula that is one call of a rate function. */
export type RateCall = (Formula & { kind: 'rated' }) | (Formula & { kind: 'call' });

export function isRateCall(formula: Formula): formula is RateCall {
  return formula.kind === 'rated' || (formula.kind === 'call' && formula.name === 'package');
}

/** The tiers or packages that a rate call's amount consists of. */
export function compileRateParts(formula: RateCall, scope: FormulaScope): (inputs: EvaluationInputs) => RatePart[] {
  const source = excerpt(scope, formula.span);
  if (formula.kind === 'call') {
    const [quantity = zero, size = zero, price = zero] = formula.args.map((arg) => compileFormula(arg, scope));
    return (inputs) => {
      const per = size(inputs);
      if (per.isZero()) throw new EvaluationStop('division_by_zero', `${source} has packages of size 0`);
      if (per.sign() < 0)
        throw new EvaluationStop('package_size_not_positive', `${source} has packages of size ${shortNumber(per)}`);
      return costed(packages(notNegative(quantity(inputs), source), per, price(inputs)), source);
    };
  }
  const quantity = compileFormula(formula.quantity, scope);
  const rate = scope.rate(formula.rate);
  const tiers = formula.name === 'graduated' ? graduated : volume;
  return (inputs) => costed(tiers(notNegative(quantity(inputs), source), rate), source);
}

function costed(parts: RatePart[], source: string): RatePart[] {
  for (const part of parts) withinCost(part.exact, source);
  return parts;
}

/** Turns a formula into closures over exact numbers, once; evaluation then only calls them. */
export function compileFormula(formula: Formula, scope: FormulaScope): Evaluate {
  switch (formula.kind) {
    case 'number':
      return () => formula.value;
    case 'name':
      return scope.name(formula.name);
    case 'negate': {
      const operand = compileFormula(formula.operand, scope);
      return (inputs) => operand(inputs).negate();
    }
    case 'arithmetic':
      return compileArithmetic(formula, scope);
    case 'call':
      return compileCall(formula, scope);
    case 'rated': {
      const parts = compileRateParts(formula, scope);
      return (inputs) => sumOfParts(parts(inputs));
    }
    case 'choose': {
      const condition = compileCondition(formula.condition, (side) => compileFormula(side, scope));
      const [whenTrue, whenFalse] = [compileFormula(formula.whenTrue, scope), compileFormula(formula.whenFalse, scope)];
      return (inputs) => (condition(inputs) ? whenTrue(inputs) : whenFalse(inputs));
    }
    default:
      return formula satisfies never;
  }
}
