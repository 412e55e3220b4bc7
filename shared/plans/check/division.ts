import type { EvaluationReason } from '../formula/evaluation.ts';
import type { Condition, Formula } from '../formula/tree.ts';
import type { UsageSearch } from './counterexample.ts';
import { type Proof, proved, proveNever } from './guarantee.ts';
import type { LineContext } from './line-context.ts';
import type { Assumption, Environment, Relation } from './proof/normalise.ts';
import type { Polynomial } from './proof/polynomial.ts';
import { literalValue, reduceCondition, reduceFormula, unreachable } from './proof/reduce.ts';

/** The ways in which evaluation can stop at a place of a formula. */
export type StopReason = Exclude<EvaluationReason, 'cost_limit'>;

/** A place where evaluation stops for some values: a divisor, a quantity, or the size of a package. */
export interface StopPlace {
  readonly reason: StopReason;
  readonly culprit: Formula;
  /** The conditions under which evaluation comes to the place. */
  readonly path: readonly Assumption[];
}

/** Every place where the formula could stop, with what is known there. */
export function stopPlaces(context: LineContext): StopPlace[] {
  const walk = new PathWalk(context);
  walk.formula(context.formula, []);
  return walk.places;
}

/**
 * What is true of packages wherever the line has an amount at all: no negative quantity, a size above zero. (Rates and
 * divisors bring the same with them.) It keeps one mistake from being reported as several.
 */
export function whereDefined(context: LineContext, environment: Environment): Assumption[] {
  return stopPlaces(context).flatMap(({ reason, culprit, path }): Assumption[] => {
    if (path.length > 0 || reason === 'division_by_zero') return [];
    const reduced = reduceFormula(culprit);
    const relation = reason === 'negative_quantity' ? 'at-least' : 'more-than';
    return [{ kind: 'relation', relation, expression: (normal) => normal.normalise(reduced, environment) }];
  });
}

/** Whether evaluation never stops at the place. */
export function proveStopFree(context: LineContext, search: UsageSearch, place: StopPlace): Proof {
  const { culprit, reason } = place;
  if (reason === 'division_by_zero' && literalValue(culprit)?.isZero() === false) return proved;
  const reduced = reduceFormula(culprit);
  const [sign, relation] = stopCondition(reason);
  const stops: Assumption = {
    kind: 'relation',
    relation,
    expression: (normal): Polynomial => {
      const value = normal.normalise(reduced, context.now);
      return sign === 1 ? value : value.negate();
    },
  };
  return proveNever(
    context.space,
    [stops, ...place.path],
    search,
    (outcome) => outcome.kind === 'stopped' && outcome.reason === reason,
  );
}

/** A zero divisor, a quantity below zero, a package size below zero (a size of zero is a division by it). */
function stopCondition(reason: StopReason): readonly [sign: 1 | -1, relation: Relation] {
  switch (reason) {
    case 'division_by_zero':
      return [1, 'equal'];
    case 'negative_quantity':
    case 'package_size_not_positive':
      return [-1, 'more-than'];
    default:
      return unreachable(reason);
  }
}

class PathWalk {
  readonly places: StopPlace[] = [];
  readonly #context: LineContext;

  constructor(context: LineContext) {
    this.#context = context;
  }

  formula(formula: Formula, path: readonly Assumption[]): void {
    switch (formula.kind) {
      case 'number':
      case 'name':
        break;
      case 'negate':
        this.formula(formula.operand, path);
        break;
      case 'arithmetic':
        this.formula(formula.left, path);
        this.formula(formula.right, path);
        if (formula.operator === '/') this.#add('division_by_zero', formula.right, path);
        break;
      case 'call':
        for (const argument of formula.args) this.formula(argument, path);
        if (formula.name === 'package') this.#package(formula.args, path);
        break;
      case 'rated':
        this.formula(formula.quantity, path);
        this.#add('negative_quantity', formula.quantity, path);
        break;
      case 'choose':
        this.#condition(formula.condition, path);
        this.formula(formula.whenTrue, [...path, this.#when(formula.condition, true)]);
        this.formula(formula.whenFalse, [...path, this.#when(formula.condition, false)]);
        break;
      default:
        unreachable(formula);
    }
  }

  #condition(condition: Condition, path: readonly Assumption[]): void {
    switch (condition.kind) {
      case 'compare':
        this.formula(condition.left, path);
        this.formula(condition.right, path);
        break;
      case 'logic':
        this.#condition(condition.left, path);
        this.#condition(condition.right, [...path, this.#when(condition.left, condition.operator === 'and')]);
        break;
      case 'not':
        this.#condition(condition.operand, path);
        break;
      default:
        unreachable(condition);
    }
  }

  #package([quantity, size]: readonly Formula[], path: readonly Assumption[]): void {
    if (quantity === undefined || size === undefined) return;
    this.#add('division_by_zero', size, path);
    this.#add('package_size_not_positive', size, path);
    this.#add('negative_quantity', quantity, path);
  }

  #when(condition: Condition, holds: boolean): Assumption {
    return {
      kind: 'condition',
      condition: reduceCondition(condition),
      environment: this.#context.now,
      holds,
    };
  }

  #add(reason: StopReason, culprit: Formula, path: readonly Assumption[]): void {
    this.places.push({ reason, culprit, path });
  }
}
