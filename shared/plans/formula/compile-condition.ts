import type { Evaluate, EvaluationInputs } from './evaluation.ts';
import type { Condition, Formula } from './tree.ts';

export type Decide = (inputs: EvaluationInputs) => boolean;

function compileComparison(condition: Condition & { kind: 'compare' }, compile: (side: Formula) => Evaluate): Decide {
  const [left, right] = [compile(condition.left), compile(condition.right)];
  switch (condition.operator) {
    case '<':
      return (inputs) => left(inputs).compare(right(inputs)) < 0;
    case '<=':
      return (inputs) => left(inputs).compare(right(inputs)) <= 0;
    case '>':
      return (inputs) => left(inputs).compare(right(inputs)) > 0;
    case '>=':
      return (inputs) => left(inputs).compare(right(inputs)) >= 0;
    case '==':
      return (inputs) => left(inputs).equals(right(inputs));
    case '!=':
      return (inputs) => !left(inputs).equals(right(inputs));
    default:
      return condition.operator satisfies never;
  }
}

/** Turns a condition into a closure. `and` and `or` evaluate their right side only when the left does not decide. */
export function compileCondition(condition: Condition, compile: (side: Formula) => Evaluate): Decide {
  switch (condition.kind) {
    case 'compare':
      return compileComparison(condition, compile);
    case 'not': {
      const operand = compileCondition(condition.operand, compile);
      return (inputs) => !operand(inputs);
    }
    case 'logic': {
      const [left, right] = [compileCondition(condition.left, compile), compileCondition(condition.right, compile)];
      return condition.operator === 'and'
        ? (inputs) => left(inputs) && right(inputs)
        : (inputs) => left(inputs) || right(inputs);
    }
    default:
      return condition satisfies never;
  }
}
