import type { Exact } from '../../../exact/exact.ts';
import type { Condition, Formula } from '../../formula/tree.ts';

/**
 * The same formula in fewer words, for the analysis: clamp and package are written out in min, max, ceil and
 * arithmetic, exactly as they are evaluated. Spans stay those of the original.
 */
export function reduceFormula(formula: Formula): Formula {
  switch (formula.kind) {
    case 'number':
    case 'name':
      return formula;
    case 'negate':
      return { ...formula, operand: reduceFormula(formula.operand) };
    case 'arithmetic':
      return { ...formula, left: reduceFormula(formula.left), right: reduceFormula(formula.right) };
    case 'rated':
      return { ...formula, quantity: reduceFormula(formula.quantity) };
    case 'choose':
      return {
        ...formula,
        condition: reduceCondition(formula.condition),
        whenTrue: reduceFormula(formula.whenTrue),
        whenFalse: reduceFormula(formula.whenFalse),
      };
    case 'call':
      return reduceCall(formula);
    default:
      return unreachable(formula);
  }
}

export function reduceCondition(condition: Condition): Condition {
  switch (condition.kind) {
    case 'compare':
      return { ...condition, left: reduceFormula(condition.left), right: reduceFormula(condition.right) };
    case 'logic':
      return { ...condition, left: reduceCondition(condition.left), right: reduceCondition(condition.right) };
    case 'not':
      return { ...condition, operand: reduceCondition(condition.operand) };
    default:
      return unreachable(condition);
  }
}

function reduceCall(call: Extract<Formula, { kind: 'call' }>): Formula {
  const { span } = call;
  const args = call.args.map(reduceFormula);
  const [first, second, third] = args;
  switch (call.name) {
    case 'min':
    case 'max':
    case 'ceil':
    case 'floor':
    case 'abs':
      return { ...call, args };
    case 'clamp': {
      if (first === undefined || second === undefined || third === undefined) break;
      const capped: Formula = { kind: 'call', name: 'min', args: [first, third], span };
      return { kind: 'call', name: 'max', args: [second, capped], span };
    }
    case 'package': {
      if (first === undefined || second === undefined || third === undefined) break;
      const packages: Formula = { kind: 'arithmetic', operator: '/', left: first, right: second, span };
      const begun: Formula = { kind: 'call', name: 'ceil', args: [packages], span };
      return { kind: 'arithmetic', operator: '*', left: begun, right: third, span };
    }
    default:
      return unreachable(call.name);
  }
  throw new Error(`${call.name} has ${args.length} arguments; the parser lets only the right number through.`);
}

/** The number that a formula of literals alone writes, such as `-1`; undefined for any other formula. */
export function literalValue(formula: Formula): Exact | undefined {
  if (formula.kind === 'number') return formula.value;
  if (formula.kind === 'negate') return literalValue(formula.operand)?.negate();
  return undefined;
}

export function unreachable(value: never): never {
  throw new Error(`There is no case for ${JSON.stringify(value)}.`);
}
