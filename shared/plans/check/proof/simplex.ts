import { Exact } from '../../../exact/exact.ts';
import type { Interval } from './interval.ts';

/** Σ coefficient × variable, compared with a bound. */
export interface LinearConstraint {
  readonly coefficients: ReadonlyMap<number, Exact>;
  readonly relation: 'at-least' | 'more-than' | 'equal';
  readonly bound: Exact;
}

export type Feasibility =
  | { readonly kind: 'infeasible' }
  | { readonly kind: 'point'; readonly values: readonly Exact[] }
  | { readonly kind: 'undecided' };

/**
 * A value infinitely close to an exact one: `standard + delta × ε` for an infinitesimal ε > 0.
 * It lets strict bounds be handled exactly: x > 3 is x ≥ 3 + ε.
 */
interface NearValue {
  readonly standard: Exact;
  readonly delta: Exact;
}

interface Limits {
  low: NearValue | undefined;
  high: NearValue | undefined;
}

const minusOne = Exact.one.negate();

function addScaled(value: NearValue, other: NearValue, factor: Exact): NearValue {
  return {
    standard: value.standard.add(other.standard.multiply(factor)),
    delta: other.delta.isZero() ? value.delta : value.delta.add(other.delta.multiply(factor)),
  };
}

function compareNear(left: NearValue, right: NearValue): -1 | 0 | 1 {
  const order = left.standard.compare(right.standard);
  return order === 0 ? left.delta.compare(right.delta) : order;
}

function exactValue(standard: Exact): NearValue {
  return { standard, delta: Exact.zero };
}

/**
 * Decides over the rationals whether a point satisfies all bounds and constraints, exactly.
 * It is the general simplex of SMT solvers (Dutertre and de Moura, CAV 2006) with Bland's rule, which always ends;
 * the pivot limit only bounds its time.
 */
export function findPoint(
  bounds: readonly Interval[],
  constraints: readonly LinearConstraint[],
  pivotLimit: number,
): Feasibility {
  const tableau = new Tableau(bounds, constraints);
  return tableau.solve(pivotLimit);
}

class Tableau {
  readonly #variableCount: number;
  readonly #limits: Limits[];
  readonly #values: NearValue[] = [];
  /** Basic variable → its row: the coefficients of the non-basic variables that make it up. */
  readonly #rows = new Map<number, Map<number, Exact>>();

  constructor(bounds: readonly Interval[], constraints: readonly LinearConstraint[]) {
    this.#variableCount = bounds.length;
    this.#limits = bounds.map(limitsOf);
    for (const limits of this.#limits) this.#values.push(limits.low ?? limits.high ?? exactValue(Exact.zero));
    for (const constraint of constraints) this.#addRow(constraint);
  }

  #addRow(constraint: LinearConstraint): void {
    const basic = this.#limits.length;
    const low = {
      standard: constraint.bound,
      delta: constraint.relation === 'more-than' ? Exact.one : Exact.zero,
    };
    this.#limits.push({ low, high: constraint.relation === 'equal' ? low : undefined });
    let value = exactValue(Exact.zero);
    const row = new Map<number, Exact>();
    for (const [variable, coefficient] of constraint.coefficients) {
      if (coefficient.isZero()) continue;
      row.set(variable, coefficient);
      value = addScaled(value, this.#value(variable), coefficient);
    }
    this.#values.push(value);
    this.#rows.set(basic, row);
  }

  solve(pivotLimit: number): Feasibility {
    for (let pivots = 0; pivots <= pivotLimit; pivots += 1) {
      const violated = this.#firstViolated();
      if (violated === undefined) return { kind: 'point', values: this.#concreteValues() };
      const entering = this.#enteringVariable(violated.variable, violated.side);
      if (entering === undefined) return { kind: 'infeasible' };
      this.#pivot(violated.variable, entering, violated.target);
    }
    return { kind: 'undecided' };
  }

  #value(variable: number): NearValue {
    const value = this.#values[variable];
    if (value === undefined) throw new Error(`The linear solver has no variable ${variable}.`);
    return value;
  }

  #limitsOf(variable: number): Limits {
    const limits = this.#limits[variable];
    if (limits === undefined) throw new Error(`The linear solver has no variable ${variable}.`);
    return limits;
  }

  #firstViolated(): { variable: number; side: 'low' | 'high'; target: NearValue } | undefined {
    let found: { variable: number; side: 'low' | 'high'; target: NearValue } | undefined;
    for (const variable of this.#rows.keys()) {
      if (found !== undefined && variable > found.variable) continue;
      const { low, high } = this.#limitsOf(variable);
      const value = this.#value(variable);
      if (low !== undefined && compareNear(value, low) < 0) found = { variable, side: 'low', target: low };
      else if (high !== undefined && compareNear(value, high) > 0) found = { variable, side: 'high', target: high };
    }
    return found;
  }

  /** Bland's rule: the first non-basic variable that can move the basic one towards its bound. */
  #enteringVariable(basic: number, side: 'low' | 'high'): number | undefined {
    let entering: number | undefined;
    for (const [variable, coefficient] of this.#row(basic)) {
      if (entering !== undefined && variable > entering) continue;
      const raise = coefficient.sign() > 0 === (side === 'low');
      if (raise ? this.#canRaise(variable) : this.#canLower(variable)) entering = variable;
    }
    return entering;
  }

  #canRaise(variable: number): boolean {
    const { high } = this.#limitsOf(variable);
    return high === undefined || compareNear(this.#value(variable), high) < 0;
  }

  #canLower(variable: number): boolean {
    const { low } = this.#limitsOf(variable);
    return low === undefined || compareNear(this.#value(variable), low) > 0;
  }

  #row(basic: number): Map<number, Exact> {
    const row = this.#rows.get(basic);
    if (row === undefined) throw new Error(`The linear solver has no row for variable ${basic}.`);
    return row;
  }

  #pivot(leaving: number, entering: number, target: NearValue): void {
    const row = this.#row(leaving);
    const pivot = row.get(entering) ?? Exact.zero;
    const inverse = Exact.one.divide(pivot);
    const step = addScaled(exactValue(Exact.zero), addScaled(target, this.#value(leaving), minusOne), inverse);
    this.#values[leaving] = target;
    this.#values[entering] = addScaled(this.#value(entering), step, Exact.one);

    const enteringRow = new Map<number, Exact>([[leaving, inverse]]);
    for (const [variable, coefficient] of row) {
      if (variable !== entering) enteringRow.set(variable, coefficient.multiply(inverse).negate());
    }
    this.#rows.delete(leaving);
    for (const [basic, other] of this.#rows) {
      const factor = other.get(entering);
      if (factor === undefined) continue;
      this.#values[basic] = addScaled(this.#value(basic), step, factor);
      other.delete(entering);
      for (const [variable, coefficient] of enteringRow) {
        const sum = (other.get(variable) ?? Exact.zero).add(coefficient.multiply(factor));
        if (sum.isZero()) other.delete(variable);
        else other.set(variable, sum);
      }
    }
    this.#rows.set(entering, enteringRow);
  }

  /** Replaces the infinitesimal by a number small enough that every bound still holds. */
  #concreteValues(): Exact[] {
    let epsilon = Exact.one;
    for (const [variable, limits] of this.#limits.entries()) {
      const value = this.#value(variable);
      if (limits.low !== undefined) epsilon = Exact.min(epsilon, room(limits.low, value));
      if (limits.high !== undefined) epsilon = Exact.min(epsilon, room(value, limits.high));
    }
    return this.#values.slice(0, this.#variableCount).map((value) => value.standard.add(value.delta.multiply(epsilon)));
  }
}

/** The largest ε ≤ 1 for which `smaller ≤ larger` holds with ε as a real number. */
function room(smaller: NearValue, larger: NearValue): Exact {
  const gap = larger.standard.subtract(smaller.standard);
  const closing = smaller.delta.subtract(larger.delta);
  if (closing.sign() <= 0 || gap.isZero()) return Exact.one;
  return Exact.min(Exact.one, gap.divide(closing));
}

function limitsOf(interval: Interval): Limits {
  const { low, high } = interval;
  return {
    low: low === undefined ? undefined : { standard: low.value, delta: low.open ? Exact.one : Exact.zero },
    high: high === undefined ? undefined : { standard: high.value, delta: high.open ? minusOne : Exact.zero },
  };
}
