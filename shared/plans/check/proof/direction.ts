import type { Condition, Formula } from '../../formula/tree.ts';
import { namesUsed } from '../../read-formulas.ts';
import { Bounds } from './bounds.ts';
import { isNonNegative, isNonPositive } from './interval.ts';
import { type Environment, Normaliser } from './normalise.ts';
import { neverFalls } from './rate-pieces.ts';
import { unreachable } from './reduce.ts';
import type { Space } from './solve.ts';

/** How a value moves when one input grows and all others stay. */
type Direction = 'constant' | 'rising' | 'falling' | 'unknown';

/**
 * The direction of a reduced formula by its structure alone: sums of rising parts rise, a rate without a step down
 * rises with its quantity, and so on. `unknown` where that does not decide.
 */
export function directionOf(space: Space, formula: Formula, environment: Environment, input: string): Direction {
  return new DirectionReader(space, environment, input).read(formula);
}

class DirectionReader {
  readonly #space: Space;
  readonly #environment: Environment;
  readonly #input: string;
  readonly #normal: Normaliser;
  readonly #bounds: Bounds;

  constructor(space: Space, environment: Environment, input: string) {
    this.#space = space;
    this.#environment = environment;
    this.#input = input;
    this.#normal = new Normaliser(space.table, space.rates, new Map());
    this.#bounds = new Bounds(space.table, []);
  }

  read(formula: Formula): Direction {
    switch (formula.kind) {
      case 'number':
        return 'constant';
      case 'name':
        return formula.name === this.#input ? 'rising' : 'constant';
      case 'negate':
        return reverse(this.read(formula.operand));
      case 'arithmetic':
        return this.#arithmetic(formula);
      case 'call':
        return this.#call(formula);
      case 'rated':
        return this.#rated(formula);
      case 'choose':
        if (this.#depends(formula.condition)) return 'unknown';
        return together(this.read(formula.whenTrue), this.read(formula.whenFalse));
      default:
        return unreachable(formula);
    }
  }

  #call(formula: Extract<Formula, { kind: 'call' }>): Direction {
    const direction = formula.args.map((argument) => this.read(argument)).reduce(together);
    const [operand] = formula.args;
    return formula.name === 'abs' && operand !== undefined ? scaled(direction, this.#sign(operand)) : direction;
  }

  #depends(condition: Condition): boolean {
    return namesUsed(condition).some((use) => use.name === this.#input);
  }

  #rated(formula: Extract<Formula, { kind: 'rated' }>): Direction {
    const direction = this.read(formula.quantity);
    if (direction === 'constant') return direction;
    const rate = this.#space.rates.get(formula.rate);
    return rate !== undefined && neverFalls(formula.name, rate) ? direction : 'unknown';
  }

  #arithmetic(formula: Extract<Formula, { kind: 'arithmetic' }>): Direction {
    const left = this.read(formula.left);
    const right = this.read(formula.right);
    switch (formula.operator) {
      case '+':
        return together(left, right);
      case '-':
        return together(left, reverse(right));
      case '*':
        return this.#product(left, formula.left, right, formula.right);
      case '/':
        return this.#quotient(left, formula.left, right, formula.right);
      default:
        return unreachable(formula.operator);
    }
  }

  /** 1: never negative, -1: never positive, 0: not known. */
  #sign(formula: Formula): 1 | -1 | 0 {
    const interval = this.#bounds.polynomial(this.#normal.normalise(formula, this.#environment));
    if (isNonNegative(interval)) return 1;
    return isNonPositive(interval) ? -1 : 0;
  }

  #product(left: Direction, leftFormula: Formula, right: Direction, rightFormula: Formula): Direction {
    if (left === 'constant' && right === 'constant') return 'constant';
    const byRight = scaled(right, left === 'constant' || right !== 'constant' ? this.#sign(leftFormula) : 1);
    const byLeft = scaled(left, right === 'constant' || left !== 'constant' ? this.#sign(rightFormula) : 1);
    return together(byLeft, byRight);
  }

  /** Where there is a value the divisor is not 0, so that a divisor that is never negative is positive. */
  #quotient(left: Direction, leftFormula: Formula, right: Direction, rightFormula: Formula): Direction {
    if (left === 'constant' && right === 'constant') return 'constant';
    const divisor = this.#sign(rightFormula);
    if (divisor === 0) return 'unknown';
    const byLeft = scaled(left, divisor);
    if (right === 'constant') return byLeft;
    return together(byLeft, scaled(reverse(right), this.#sign(leftFormula)));
  }
}

function scaled(direction: Direction, sign: 1 | -1 | 0): Direction {
  if (direction === 'constant') return direction;
  if (sign === 0) return 'unknown';
  return sign === 1 ? direction : reverse(direction);
}

function reverse(direction: Direction): Direction {
  switch (direction) {
    case 'rising':
      return 'falling';
    case 'falling':
      return 'rising';
    case 'constant':
    case 'unknown':
      return direction;
    default:
      return unreachable(direction);
  }
}

function together(left: Direction, right: Direction): Direction {
  if (left === 'constant') return right;
  if (right === 'constant') return left;
  return left === right ? left : 'unknown';
}
