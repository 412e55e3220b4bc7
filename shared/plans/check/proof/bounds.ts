import { Exact } from '../../../exact/exact.ts';
import type { Atom, AtomTable } from './atoms.ts';
import {
  addIntervals,
  atLeast,
  ceilingInterval,
  everything,
  exactly,
  floorInterval,
  hull,
  type Interval,
  intersect,
  largestInterval,
  moreThan,
  multiplyIntervals,
  negateInterval,
  reciprocalInterval,
  scaleInterval,
  smallestInterval,
} from './interval.ts';
import type { Fact } from './normalise.ts';
import type { Factor, Polynomial, Term } from './polynomial.ts';
import { rateInterval } from './rate-pieces.ts';

const ROUNDS = 3;
/** Longer sums are left to the linear solver. */
const MOST_NARROWED_TERMS = 40;
/** Powers beyond this are bounded by their sign only. */
const MOST_EXACT_POWER = 12;

/**
 * The interval of every atom, term and expression under a set of facts. The facts narrow single terms: `2 x - y ≥ 0`
 * with y ≥ 4 makes x ≥ 2. Everything it says is true of all values for which the facts hold.
 */
export class Bounds {
  readonly #table: AtomTable;
  readonly #narrowed = new Map<string, Interval>();
  readonly #atoms = new Map<number, Interval>();
  #contradictory = false;

  constructor(table: AtomTable, facts: readonly Fact[]) {
    this.#table = table;
    for (let round = 0; round < ROUNDS && !this.#contradictory; round += 1) {
      let changed = false;
      for (const fact of facts) changed = this.#narrowBy(fact) || changed;
      if (!changed) break;
    }
  }

  /** True when no values fulfil the facts. */
  get contradictory(): boolean {
    return this.#contradictory;
  }

  polynomial(polynomial: Polynomial): Interval {
    let sum = exactly(polynomial.constantPart());
    for (const term of polynomial.varyingTerms()) {
      sum = addIntervals(sum, scaleInterval(this.product(term.key, term.factors), term.coefficient));
    }
    return sum;
  }

  /** The interval of a product of factors, without coefficient. */
  product(key: string, factors: readonly Factor[]): Interval {
    const narrowed = this.#narrowed.get(key);
    let product = exactly(Exact.one);
    for (const [atom, exponent] of factors) product = multiplyIntervals(product, this.#power(atom, exponent));
    return narrowed === undefined ? product : this.#meet(product, narrowed);
  }

  atom(number: number): Interval {
    const known = this.#atoms.get(number);
    if (known !== undefined) return known;
    const interval = this.#atomInterval(this.#table.atom(number));
    this.#atoms.set(number, interval);
    return interval;
  }

  #power(atom: number, exponent: number): Interval {
    const narrowed = this.#narrowed.get(`${atom}`);
    const own = narrowed === undefined ? this.atom(atom) : this.#meet(this.atom(atom), narrowed);
    return powerInterval(exponent < 0 ? reciprocalInterval(own) : own, Math.abs(exponent));
  }

  #meet(left: Interval, right: Interval): Interval {
    const both = intersect(left, right);
    if (both !== undefined) return both;
    this.#contradictory = true;
    return left;
  }

  #atomInterval(atom: Atom): Interval {
    switch (atom.kind) {
      case 'input':
        return atom.interval;
      case 'largest':
        return atom.options.map((option) => this.polynomial(option)).reduce(largestInterval);
      case 'smallest':
        return atom.options.map((option) => this.polynomial(option)).reduce(smallestInterval);
      case 'ceil':
        return ceilingInterval(this.polynomial(atom.of));
      case 'floor':
        return floorInterval(this.polynomial(atom.of));
      case 'reciprocal':
        return reciprocalInterval(this.polynomial(atom.of));
      case 'rated':
        return rateInterval(atom.name, atom.rate, this.polynomial(atom.quantity)) ?? everything;
      case 'either':
        return hull(this.polynomial(atom.options[0]), this.polynomial(atom.options[1]));
      case 'product':
        return multiplyIntervals(this.polynomial(atom.left), this.polynomial(atom.right));
      case 'undefined':
        return everything;
      default:
        return noSuchAtom(atom);
    }
  }

  #narrowBy(fact: Fact): boolean {
    let changed = this.#narrowTerms(fact.polynomial, fact.relation === 'more-than');
    if (fact.relation === 'equal') changed = this.#narrowTerms(fact.polynomial.negate(), false) || changed;
    return changed;
  }

  /** From Σ terms + constant ≥ 0: each term is at least the negated highest value of all the others. */
  #narrowTerms(polynomial: Polynomial, strict: boolean): boolean {
    const terms = polynomial.varyingTerms();
    const target = strict ? moreThan(Exact.zero) : atLeast(Exact.zero);
    if (intersect(this.polynomial(polynomial), target) === undefined) {
      this.#contradictory = true;
      return false;
    }
    if (terms.length > MOST_NARROWED_TERMS) return false;
    let changed = false;
    for (const term of terms) {
      let others = exactly(polynomial.constantPart());
      for (const other of terms) {
        if (other === term) continue;
        others = addIntervals(others, scaleInterval(this.product(other.key, other.factors), other.coefficient));
      }
      if (others.high === undefined) continue;
      const least = { low: { value: others.high.value.negate(), open: others.high.open || strict }, high: undefined };
      changed = this.#narrow(term, scaleInterval(least, Exact.one.divide(term.coefficient))) || changed;
    }
    return changed;
  }

  #narrow(term: Term, interval: Interval): boolean {
    const before = this.product(term.key, term.factors);
    const after = this.#meet(before, interval);
    if (this.#contradictory || sameInterval(before, after)) return false;
    this.#narrowed.set(term.key, after);
    this.#atoms.clear();
    return true;
  }
}

function powerInterval(base: Interval, exponent: number): Interval {
  if (exponent === 1) return base;
  if (exponent % 2 === 0) return powerInterval(squareInterval(base), exponent / 2);
  if (exponent > MOST_EXACT_POWER) return multiplyIntervals(base, atLeast(Exact.zero));
  return multiplyIntervals(base, powerInterval(squareInterval(base), (exponent - 1) / 2));
}

function squareInterval(base: Interval): Interval {
  const either = largestInterval(base, negateInterval(base));
  const magnitude = intersect(either, atLeast(Exact.zero)) ?? either;
  return multiplyIntervals(magnitude, magnitude);
}

function sameInterval(left: Interval, right: Interval): boolean {
  return sameBound(left.low, right.low) && sameBound(left.high, right.high);
}

function sameBound(left: Interval['low'], right: Interval['low']): boolean {
  if (left === undefined || right === undefined) return left === right;
  return left.open === right.open && left.value.equals(right.value);
}

function noSuchAtom(atom: never): never {
  throw new Error(`There is no interval for ${JSON.stringify(atom)}.`);
}
