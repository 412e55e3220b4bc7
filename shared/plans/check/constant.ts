import type { Condition, Formula } from '../formula/tree.ts';
import type { PlanDocument } from '../plan-document.ts';
import { namesUsed } from '../read-formulas.ts';
import { type LineContext, raise } from './line-context.ts';
import type { Assumption } from './proof/normalise.ts';
import type { Polynomial } from './proof/polynomial.ts';
import { reduceCondition, unreachable } from './proof/reduce.ts';
import { canHold } from './proof/solve.ts';

/** A condition whose outcome never changes, and that outcome. */
interface ConstantCondition {
  readonly condition: Condition;
  readonly outcome: boolean;
}

/**
 * Conditions that are always true or always false. A condition on parameters alone is a switch that a contract may
 * turn by an override, and is not reported.
 */
export function constantConditions(plan: PlanDocument, context: LineContext): ConstantCondition[] {
  return conditionsOf(context.formula).flatMap((condition) => {
    const names = namesUsed(condition).map((use) => use.name);
    const isSwitch = names.length > 0 && names.every((name) => Object.hasOwn(plan.parameters, name));
    if (isSwitch) return [];
    const reduced = reduceCondition(condition);
    for (const outcome of [true, false]) {
      const opposite: Assumption = { kind: 'condition', condition: reduced, environment: context.now, holds: !outcome };
      if (canHold(context.space, [opposite]).kind === 'impossible') return [{ condition, outcome }];
    }
    return [];
  });
}

/** The condition of every choice, as one with its `and`, `or` and `not`. */
function conditionsOf(formula: Formula): Condition[] {
  switch (formula.kind) {
    case 'number':
    case 'name':
      return [];
    case 'negate':
      return conditionsOf(formula.operand);
    case 'arithmetic':
      return [...conditionsOf(formula.left), ...conditionsOf(formula.right)];
    case 'call':
      return formula.args.flatMap(conditionsOf);
    case 'rated':
      return conditionsOf(formula.quantity);
    case 'choose':
      return [formula.condition, ...conditionsOf(formula.whenTrue), ...conditionsOf(formula.whenFalse)];
    default:
      return unreachable(formula);
  }
}

/** Whether the value of the metric changes nothing in the line, which it is named in. */
export function isIgnored(context: LineContext, metric: string): boolean {
  const raised = raise(context, metric);
  return ([1, -1] as const).every((side) => {
    const differs: Assumption = {
      kind: 'relation',
      relation: 'more-than',
      expression: (normal): Polynomial => {
        const before = normal.normalise(context.reduced, context.now);
        const change = normal.normalise(context.reduced, raised.environment).subtract(before);
        return side === 1 ? change : change.negate();
      },
    };
    return canHold(context.space, [differs], FEW_CASES).kind === 'impossible';
  });
}

/** A metric that matters shows it in the first cases; only one that does not needs them all. */
const FEW_CASES = 60;
