import type { Exact } from '../../exact/exact.ts';
import { compileCondition } from './compile-condition.ts';
import { compileFormula, compileRateParts, excerpt, type FormulaScope, isRateCall } from './compile-formula.ts';
import type { EvaluationInputs } from './evaluation.ts';
import type { Formula } from './tree.ts';

/** One exact part of a line; the parts of a line add up to it. Plain terms have no quantity, price and flat. */
export interface LinePart {
  /** Stable for the formula: `tier_2`, `packages`, or `term_1.tier_2` when the formula adds several terms. */
  readonly key: string;
  readonly label: string;
  readonly quantity: Exact | null;
  readonly unitPrice: Exact | null;
  readonly flat: Exact | null;
  readonly exact: Exact;
}

type Details = (inputs: EvaluationInputs) => LinePart[];

interface Term {
  readonly formula: Formula;
  readonly isSubtracted: boolean;
}

function termsOf(formula: Formula, isSubtracted: boolean): Term[] {
  if (formula.kind === 'negate') return termsOf(formula.operand, !isSubtracted);
  if (formula.kind === 'arithmetic' && (formula.operator === '+' || formula.operator === '-')) {
    const rightSubtracted = formula.operator === '-' ? !isSubtracted : isSubtracted;
    return [...termsOf(formula.left, isSubtracted), ...termsOf(formula.right, rightSubtracted)];
  }
  return [{ formula, isSubtracted }];
}

function negated(part: LinePart): LinePart {
  return {
    ...part,
    unitPrice: part.unitPrice?.negate() ?? null,
    flat: part.flat?.negate() ?? null,
    exact: part.exact.negate(),
  };
}

function showsDetails(formula: Formula): boolean {
  if (formula.kind === 'choose') return showsDetails(formula.whenTrue) || showsDetails(formula.whenFalse);
  return (
    isRateCall(formula) ||
    termsOf(formula, false).some((term) => term.formula !== formula && showsDetails(term.formula))
  );
}

function compileTerm(formula: Formula, key: string, scope: FormulaScope): Details {
  if (isRateCall(formula)) {
    const parts = compileRateParts(formula, scope);
    return (inputs) => parts(inputs).map((part) => ({ ...part, key: key === '' ? part.key : `${key}.${part.key}` }));
  }
  if (formula.kind === 'choose' && showsDetails(formula)) {
    const condition = compileCondition(formula.condition, (side) => compileFormula(side, scope));
    const [whenTrue, whenFalse] = [
      compileTerms(formula.whenTrue, key, scope),
      compileTerms(formula.whenFalse, key, scope),
    ];
    return (inputs) => (condition(inputs) ? whenTrue(inputs) : whenFalse(inputs));
  }
  const value = compileFormula(formula, scope);
  const label = excerpt(scope, formula.span).slice(1, -1);
  return (inputs) => [
    { key: key === '' ? 'term' : key, label, quantity: null, unitPrice: null, flat: null, exact: value(inputs) },
  ];
}

function compileTerms(formula: Formula, prefix: string, scope: FormulaScope): Details {
  const terms = termsOf(formula, false);
  const compiled = terms.map((term, index) => {
    const key = terms.length === 1 ? prefix : `${prefix === '' ? '' : `${prefix}.`}term_${index + 1}`;
    const details = compileTerm(term.formula, key, scope);
    return term.isSubtracted ? (inputs: EvaluationInputs) => details(inputs).map(negated) : details;
  });
  return (inputs) => compiled.flatMap((details) => details(inputs));
}

/**
 * The parts under a line: the tiers and packages of the rate calls that the formula adds, subtracts or chooses, and
 * its other terms as one part each. Null when the formula has no rate call there: a call inside another function
 * or a product is not a part of the sum, and such a line is shown whole.
 */
export function compileDetails(formula: Formula, scope: FormulaScope): Details | null {
  return showsDetails(formula) ? compileTerms(formula, '', scope) : null;
}
