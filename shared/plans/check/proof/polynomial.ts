import { Exact } from '../../../exact/exact.ts';

/** An atom (by its number in the atom table) and its whole, non-zero exponent. */
export type Factor = readonly [atom: number, exponent: number];

/** Coefficient × product of factors; factors are ordered by atom. The key names the product without the coefficient. */
export interface Term {
  readonly coefficient: Exact;
  readonly factors: readonly Factor[];
  readonly key: string;
}

const CONSTANT_KEY = '';

/** A sum of terms with different keys and non-zero coefficients: one expression over atoms, in its one normal form. */
export class Polynomial {
  readonly terms: ReadonlyMap<string, Term>;

  static readonly zero: Polynomial = new Polynomial(new Map());

  private constructor(terms: ReadonlyMap<string, Term>) {
    this.terms = terms;
  }

  static constant(value: Exact): Polynomial {
    if (value.isZero()) return Polynomial.zero;
    return new Polynomial(new Map([[CONSTANT_KEY, { coefficient: value, factors: [], key: CONSTANT_KEY }]]));
  }

  static atom(atom: number, exponent = 1): Polynomial {
    return Polynomial.ofTerm(Exact.one, [[atom, exponent]]);
  }

  static ofTerm(coefficient: Exact, factors: readonly Factor[]): Polynomial {
    if (coefficient.isZero()) return Polynomial.zero;
    const key = keyOf(factors);
    return new Polynomial(new Map([[key, { coefficient, factors, key }]]));
  }

  /** The value, when the expression is a constant. */
  constantValue(): Exact | undefined {
    if (this.terms.size === 0) return Exact.zero;
    if (this.terms.size > 1) return undefined;
    return this.terms.get(CONSTANT_KEY)?.coefficient;
  }

  /** The part without any atom. */
  constantPart(): Exact {
    return this.terms.get(CONSTANT_KEY)?.coefficient ?? Exact.zero;
  }

  /** The terms that have atoms. */
  varyingTerms(): Term[] {
    return [...this.terms.values()].filter((term) => term.key !== CONSTANT_KEY);
  }

  add(other: Polynomial): Polynomial {
    const sum = new Map(this.terms);
    for (const term of other.terms.values()) addTerm(sum, term);
    return new Polynomial(sum);
  }

  subtract(other: Polynomial): Polynomial {
    return this.add(other.negate());
  }

  negate(): Polynomial {
    return this.scale(Exact.one.negate());
  }

  scale(factor: Exact): Polynomial {
    if (factor.isZero()) return Polynomial.zero;
    const scaled = new Map<string, Term>();
    for (const term of this.terms.values()) {
      scaled.set(term.key, { ...term, coefficient: term.coefficient.multiply(factor) });
    }
    return new Polynomial(scaled);
  }

  multiply(other: Polynomial): Polynomial {
    const product = new Map<string, Term>();
    for (const left of this.terms.values()) {
      for (const right of other.terms.values()) {
        const factors = multiplyFactors(left.factors, right.factors);
        addTerm(product, { coefficient: left.coefficient.multiply(right.coefficient), factors, key: keyOf(factors) });
      }
    }
    return new Polynomial(product);
  }

  /** Equal expressions have equal keys. */
  key(): string {
    return [...this.terms.values()]
      .map((term) => `${term.coefficient}*${term.key}`)
      .sort()
      .join('+');
  }
}

/** 1 ÷ term, for values for which the term is not zero. */
export function reciprocalOfTerm(term: Term): Polynomial {
  return Polynomial.ofTerm(
    Exact.one.divide(term.coefficient),
    term.factors.map(([atom, exponent]) => [atom, -exponent]),
  );
}

function addTerm(terms: Map<string, Term>, term: Term): void {
  const present = terms.get(term.key);
  const coefficient = present === undefined ? term.coefficient : present.coefficient.add(term.coefficient);
  if (coefficient.isZero()) terms.delete(term.key);
  else terms.set(term.key, { ...term, coefficient });
}

function multiplyFactors(left: readonly Factor[], right: readonly Factor[]): Factor[] {
  const exponents = new Map<number, number>(left);
  for (const [atom, exponent] of right) {
    const sum = (exponents.get(atom) ?? 0) + exponent;
    if (sum === 0) exponents.delete(atom);
    else exponents.set(atom, sum);
  }
  return [...exponents].sort(([a], [b]) => a - b);
}

function keyOf(factors: readonly Factor[]): string {
  return factors.map(([atom, exponent]) => (exponent === 1 ? `${atom}` : `${atom}^${exponent}`)).join('.');
}
