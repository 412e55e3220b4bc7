import { Exact } from '../../../exact/exact.ts';
import type { Condition, Formula } from '../../formula/tree.ts';
import type { Rate } from '../../rates/tier.ts';
import type { AtomTable } from './atoms.ts';
import { contains } from './interval.ts';
import { Polynomial, reciprocalOfTerm } from './polynomial.ts';
import { ratePieces } from './rate-pieces.ts';
import { unreachable } from './reduce.ts';

/** What the names of a formula stand for. Two environments let one formula be compared with itself at more usage. */
export interface Environment {
  readonly id: string;
  readonly inputs: ReadonlyMap<string, Polynomial>;
}

/** An expression that compares with zero. */
export type Relation = 'at-least' | 'more-than' | 'equal';

export interface Fact {
  readonly polynomial: Polynomial;
  readonly relation: Relation;
}

/** An expression that is made anew under the decisions of a normaliser. */
export type Expression = (normal: Normaliser) => Polynomial;

/** Something taken to be true; its expression is made anew whenever more of the choices inside it are decided. */
export type Assumption =
  | { readonly kind: 'relation'; readonly expression: Expression; readonly relation: Relation }
  | {
      readonly kind: 'condition';
      readonly condition: Condition;
      readonly environment: Environment;
      readonly holds: boolean;
    };

/** A place where the value takes one of several forms, with what is true in each form. */
export interface Split {
  readonly key: string;
  readonly alternatives: readonly (readonly Assumption[])[];
  /** In the branch of a choice that is still open: perhaps never evaluated, so that nothing in it may be decided yet. */
  readonly inBranch: boolean;
  /** The tiers of a rate: many alternatives, of which the solver knows much without deciding. */
  readonly isRate: boolean;
}

const MOST_TERMS = 300;

/**
 * Brings formulas into normal form under the choices decided so far, and collects the choices that are still open,
 * outermost first. Formulas must have been reduced.
 */
export class Normaliser {
  readonly table: AtomTable;
  readonly open: Split[] = [];
  readonly #rates: ReadonlyMap<string, Rate>;
  readonly #decisions: ReadonlyMap<string, number>;
  readonly #known = new Map<string, Polynomial>();
  #openBranches = 0;

  constructor(table: AtomTable, rates: ReadonlyMap<string, Rate>, decisions: ReadonlyMap<string, number>) {
    this.table = table;
    this.#rates = rates;
    this.#decisions = decisions;
  }

  normalise(formula: Formula, environment: Environment): Polynomial {
    const key = this.#place(formula, environment);
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const normal = this.#normalForm(formula, environment);
    this.#known.set(key, normal);
    return normal;
  }

  /** The facts that an assumption states; a disjunction states none until it is decided. */
  facts(assumption: Assumption): Fact[] {
    if (assumption.kind === 'relation') {
      return [{ polynomial: assumption.expression(this), relation: assumption.relation }];
    }
    return this.#conditionFacts(assumption.condition, assumption.environment, assumption.holds);
  }

  #place(node: Formula | Condition, environment: Environment): string {
    return `${environment.id}#${this.table.nodeNumber(node)}`;
  }

  #normalForm(formula: Formula, environment: Environment): Polynomial {
    switch (formula.kind) {
      case 'number':
        return Polynomial.constant(formula.value);
      case 'name': {
        const input = environment.inputs.get(formula.name);
        if (input === undefined) throw new Error(`The name ${formula.name} was not resolved before the analysis.`);
        return input;
      }
      case 'negate':
        return this.normalise(formula.operand, environment).negate();
      case 'arithmetic':
        return this.#arithmetic(formula, environment);
      case 'call':
        return this.#call(formula, environment);
      case 'rated':
        return this.#rated(formula, environment);
      case 'choose':
        return this.#choose(formula, environment);
      default:
        return unreachable(formula);
    }
  }

  #arithmetic(formula: Extract<Formula, { kind: 'arithmetic' }>, environment: Environment): Polynomial {
    const left = this.normalise(formula.left, environment);
    const right = this.normalise(formula.right, environment);
    switch (formula.operator) {
      case '+':
        return left.add(right);
      case '-':
        return left.subtract(right);
      case '*':
        return this.#multiply(left, right);
      case '/':
        return this.#multiply(left, this.#reciprocal(right));
      default:
        return unreachable(formula.operator);
    }
  }

  #multiply(left: Polynomial, right: Polynomial): Polynomial {
    if (left.terms.size * right.terms.size <= MOST_TERMS) return left.multiply(right);
    return this.table.product(left, right);
  }

  #reciprocal(of: Polynomial): Polynomial {
    const [term] = of.terms.values();
    if (term === undefined) return this.table.undefinedValue();
    return of.terms.size === 1 ? reciprocalOfTerm(term) : this.table.reciprocal(of);
  }

  #call(formula: Extract<Formula, { kind: 'call' }>, environment: Environment): Polynomial {
    if (formula.name === 'ceil' || formula.name === 'floor') {
      const [argument] = formula.args;
      if (argument === undefined) throw new Error(`${formula.name} has no argument.`);
      const of = this.normalise(argument, environment);
      const value = of.constantValue();
      if (value === undefined) return this.table.whole(formula.name, of);
      return Polynomial.constant(Exact.of(formula.name === 'ceil' ? value.ceil() : value.floor()));
    }
    const options = formula.args.map((argument) => (normal: Normaliser) => normal.normalise(argument, environment));
    const [operand] = options;
    const key = this.#place(formula, environment);
    switch (formula.name) {
      case 'max':
        return this.#extreme(key, options, 1);
      case 'min':
        return this.#extreme(key, options, -1);
      case 'abs':
        return operand === undefined
          ? this.table.undefinedValue()
          : this.#extreme(key, [operand, (normal) => operand(normal).negate()], 1);
      default:
        throw new Error(`${formula.name} was not reduced.`);
    }
  }

  #extreme(key: string, expressions: readonly Expression[], side: 1 | -1): Polynomial {
    const decided = this.#decisions.get(key);
    const chosen = decided === undefined ? undefined : expressions[decided];
    if (chosen !== undefined) return chosen(this);
    const place = this.open.length;
    const options = distinct(expressions.map((expression) => expression(this)));
    const [only] = options;
    if (options.length === 1 && only !== undefined) return only;
    const values = options.map((option) => option.constantValue());
    if (values.every((value) => value !== undefined)) {
      return Polynomial.constant(values.reduce((a, b) => (side === 1 ? Exact.max(a, b) : Exact.min(a, b))));
    }
    const alternatives = expressions.map((_, index) => outranks(expressions, index, side));
    this.open.splice(place, 0, this.#split(key, alternatives));
    return this.table.choice(side === 1 ? 'largest' : 'smallest', options);
  }

  #rated(formula: Extract<Formula, { kind: 'rated' }>, environment: Environment): Polynomial {
    const rate = this.#rates.get(formula.rate);
    if (rate === undefined) throw new Error(`The rate ${formula.rate} was not resolved before the analysis.`);
    const key = this.#place(formula, environment);
    const pieces = ratePieces(formula.name, rate);
    const of = this.normalise(formula.quantity, environment);
    const value = of.constantValue();
    const decided = this.#decisions.get(key);
    const piece = pieces.find(({ quantities }, index) =>
      value === undefined ? index === decided : contains(quantities, value),
    );
    if (piece !== undefined) return of.scale(piece.slope).add(Polynomial.constant(piece.base));
    if (value !== undefined) return this.table.undefinedValue();
    const quantity: Expression = (normal) => normal.normalise(formula.quantity, environment);
    const alternatives = pieces.map(({ quantities }) => within(quantity, quantities));
    this.open.push({ ...this.#split(key, alternatives), isRate: true });
    return this.table.rated(formula.name, formula.rate, rate, of);
  }

  #choose(formula: Extract<Formula, { kind: 'choose' }>, environment: Environment): Polynomial {
    const key = `${this.#place(formula.condition, environment)} chosen`;
    const decided = this.#decisions.get(key);
    if (decided !== undefined) {
      return this.normalise(decided === 0 ? formula.whenTrue : formula.whenFalse, environment);
    }
    const { condition } = formula;
    const alternatives = [true, false].map((holds): Assumption[] => [
      { kind: 'condition', condition, environment, holds },
    ]);
    this.open.push(this.#split(key, alternatives));
    this.#openBranches += 1;
    const whenTrue = this.normalise(formula.whenTrue, environment);
    const whenFalse = this.normalise(formula.whenFalse, environment);
    this.#openBranches -= 1;
    return whenTrue.key() === whenFalse.key() ? whenTrue : this.table.either(key, [whenTrue, whenFalse]);
  }

  #conditionFacts(condition: Condition, environment: Environment, holds: boolean): Fact[] {
    switch (condition.kind) {
      case 'not':
        return this.#conditionFacts(condition.operand, environment, !holds);
      case 'logic':
        return this.#logicFacts(condition, environment, holds);
      case 'compare':
        return this.#comparisonFacts(condition, environment, holds);
      default:
        return unreachable(condition);
    }
  }

  /** Either both sides hold (fail), or the right one is reached only after the left one failed (held). */
  #logicFacts(condition: Extract<Condition, { kind: 'logic' }>, environment: Environment, holds: boolean): Fact[] {
    const { left, right } = condition;
    if ((condition.operator === 'and') === holds) {
      return [...this.#conditionFacts(left, environment, holds), ...this.#conditionFacts(right, environment, holds)];
    }
    const key = `${this.#place(condition, environment)} ${holds ? 'holds' : 'fails'}`;
    if (!this.#decisions.has(key)) {
      const first: Assumption = { kind: 'condition', condition: left, environment, holds };
      const second: Assumption = { kind: 'condition', condition: right, environment, holds };
      this.open.push(this.#split(key, [[first], [{ ...first, holds: !holds }, second]]));
    }
    return [];
  }

  #comparisonFacts(
    condition: Extract<Condition, { kind: 'compare' }>,
    environment: Environment,
    holds: boolean,
  ): Fact[] {
    const above: Expression = (normal) =>
      normal.normalise(condition.left, environment).subtract(normal.normalise(condition.right, environment));
    const difference = above(this);
    switch (condition.operator) {
      case '>':
        return [holds ? { polynomial: difference, relation: 'more-than' } : atMostZero(difference)];
      case '>=':
        return [holds ? { polynomial: difference, relation: 'at-least' } : belowZero(difference)];
      case '<':
        return [holds ? belowZero(difference) : { polynomial: difference, relation: 'at-least' }];
      case '<=':
        return [holds ? atMostZero(difference) : { polynomial: difference, relation: 'more-than' }];
      case '==':
      case '!=':
        if ((condition.operator === '==') === holds) return [{ polynomial: difference, relation: 'equal' }];
        this.#openInequality(`${this.#place(condition, environment)} differs`, above);
        return [];
      default:
        return unreachable(condition.operator);
    }
  }

  #openInequality(key: string, above: Expression): void {
    if (this.#decisions.has(key)) return;
    const below: Expression = (normal) => above(normal).negate();
    const alternatives = [above, below].map((expression): Assumption[] => [
      { kind: 'relation', expression, relation: 'more-than' },
    ]);
    this.open.push(this.#split(key, alternatives));
  }

  #split(key: string, alternatives: Split['alternatives']): Split {
    return { key, alternatives, inBranch: this.#openBranches > 0, isRate: false };
  }
}

function atMostZero(difference: Polynomial): Fact {
  return { polynomial: difference.negate(), relation: 'at-least' };
}

function belowZero(difference: Polynomial): Fact {
  return { polynomial: difference.negate(), relation: 'more-than' };
}

/** The option at `index` is at least (side 1) or at most (side -1) every other one. */
function outranks(options: readonly Expression[], index: number, side: 1 | -1): Assumption[] {
  const chosen = options[index];
  if (chosen === undefined) return [];
  return options.flatMap((other, position): Assumption[] => {
    if (position === index) return [];
    const expression: Expression = (normal) => {
      const lead = chosen(normal).subtract(other(normal));
      return side === 1 ? lead : lead.negate();
    };
    return [{ kind: 'relation', relation: 'at-least', expression }];
  });
}

function within(
  quantity: Expression,
  { low, high }: ReturnType<typeof ratePieces>[number]['quantities'],
): Assumption[] {
  const bounds: Assumption[] = [];
  if (low !== undefined) {
    bounds.push({
      kind: 'relation',
      expression: (normal) => quantity(normal).subtract(Polynomial.constant(low.value)),
      relation: low.open ? 'more-than' : 'at-least',
    });
  }
  if (high !== undefined) {
    bounds.push({
      kind: 'relation',
      expression: (normal) => Polynomial.constant(high.value).subtract(quantity(normal)),
      relation: high.open ? 'more-than' : 'at-least',
    });
  }
  return bounds;
}

function distinct(options: readonly Polynomial[]): Polynomial[] {
  return [...new Map(options.map((option) => [option.key(), option])).values()];
}
