import { Exact } from '../../../exact/exact.ts';
import type { Atom, AtomTable } from './atoms.ts';
import type { Bounds } from './bounds.ts';
import { type Interval, isNonNegative, isNonPositive } from './interval.ts';
import type { Fact } from './normalise.ts';
import { type Factor, Polynomial, type Term } from './polynomial.ts';
import { cliffs, isContinuous, ratePieces, unitPriceRange } from './rate-pieces.ts';

const MOST_ATOMS = 60;
const MOST_PRODUCTS = 80;

type RatedAtom = Extract<Atom, { kind: 'rated' }>;

/** What is always true of the atoms that the facts speak of, in terms of what those atoms are made of. */
export function atomLemmas(table: AtomTable, bounds: Bounds, facts: readonly Fact[]): Fact[] {
  const lemmas: Fact[] = [];
  const seen = new Set<number>();
  const waiting = facts.flatMap((fact) => atomsOf(fact.polynomial));
  for (let next = waiting.shift(); next !== undefined && seen.size < MOST_ATOMS; next = waiting.shift()) {
    if (seen.has(next)) continue;
    const found = lemmasOf(table.atom(next), Polynomial.atom(next));
    for (const other of seen) found.push(...pairLemmas(table, bounds, other, next));
    seen.add(next);
    for (const lemma of found) waiting.push(...atomsOf(lemma.polynomial));
    lemmas.push(...found);
  }
  return lemmas;
}

function atomsOf(polynomial: Polynomial): number[] {
  return polynomial.varyingTerms().flatMap((term) => term.factors.map(([atom]) => atom));
}

function atLeast(polynomial: Polynomial): Fact {
  return { polynomial, relation: 'at-least' };
}

function lemmasOf(atom: Atom, value: Polynomial): Fact[] {
  switch (atom.kind) {
    case 'largest':
      return atom.options.map((option) => atLeast(value.subtract(option)));
    case 'smallest':
      return atom.options.map((option) => atLeast(option.subtract(value)));
    case 'ceil':
      return [atLeast(value.subtract(atom.of)), below(value, atom.of.add(Polynomial.constant(Exact.one)))];
    case 'floor':
      return [atLeast(atom.of.subtract(value)), below(atom.of.subtract(Polynomial.constant(Exact.one)), value)];
    case 'reciprocal': {
      const product = atom.of.multiply(value).subtract(Polynomial.constant(Exact.one));
      return [{ polynomial: product, relation: 'equal' }];
    }
    case 'rated':
      return ratedLemmas(atom, value);
    case 'input':
    case 'either':
    case 'product':
    case 'undefined':
      return [];
    default:
      return noSuchAtom(atom);
  }
}

function below(smaller: Polynomial, larger: Polynomial): Fact {
  return { polynomial: larger.subtract(smaller), relation: 'more-than' };
}

/** Every piece of a rate lies between two lines over the quantity, which is never negative where there is an amount. */
function ratedLemmas(atom: RatedAtom, value: Polynomial): Fact[] {
  const { lowest, highest } = unitPriceRange(atom.rate);
  const bases = ratePieces(atom.name, atom.rate).map((piece) => piece.base);
  const atZero = bases[0] ?? Exact.zero;
  const line = (slope: Exact, base: Exact): Polynomial => atom.quantity.scale(slope).add(Polynomial.constant(base));
  const lemmas = [
    atLeast(atom.quantity),
    atLeast(
      value.subtract(
        line(
          lowest,
          bases.reduce((a, b) => Exact.min(a, b), atZero),
        ),
      ),
    ),
    atLeast(
      line(
        highest,
        bases.reduce((a, b) => Exact.max(a, b), atZero),
      ).subtract(value),
    ),
  ];
  if (cliffs(atom.name, atom.rate).length === 0) lemmas.push(atLeast(value.subtract(line(lowest, atZero))));
  if (isContinuous(atom.name, atom.rate)) lemmas.push(atLeast(line(highest, atZero).subtract(value)));
  return lemmas;
}

/** ceil, floor and rates without a step down never turn two quantities around. */
function pairLemmas(table: AtomTable, bounds: Bounds, first: number, second: number): Fact[] {
  const [left, right] = [table.atom(first), table.atom(second)];
  if (left.kind === 'rated' && right.kind === 'rated') {
    if (left.name !== right.name || left.rate !== right.rate) return [];
    return ordered(bounds, left.quantity, right.quantity, (isSwapped) =>
      isSwapped ? ratedPair(right, second, first, left) : ratedPair(left, first, second, right),
    );
  }
  if ((left.kind === 'ceil' || left.kind === 'floor') && right.kind === left.kind) {
    return ordered(bounds, left.of, right.of, (isSwapped) => {
      const rise = Polynomial.atom(second).subtract(Polynomial.atom(first));
      return [atLeast(isSwapped ? rise.negate() : rise)];
    });
  }
  return [];
}

function ordered(bounds: Bounds, left: Polynomial, right: Polynomial, lemmas: (isSwapped: boolean) => Fact[]): Fact[] {
  const rise = bounds.polynomial(right.subtract(left));
  if (isNonNegative(rise)) return lemmas(false);
  return isNonPositive(rise) ? lemmas(true) : [];
}

/** For quantities of the same rate with `low` not above `high`. */
function ratedPair(low: RatedAtom, lowAtom: number, highAtom: number, high: RatedAtom): Fact[] {
  const rise = Polynomial.atom(highAtom).subtract(Polynomial.atom(lowAtom));
  const more = high.quantity.subtract(low.quantity);
  const { lowest, highest } = unitPriceRange(low.rate);
  const lemmas: Fact[] = [];
  if (cliffs(low.name, low.rate).length === 0) lemmas.push(atLeast(rise.subtract(more.scale(lowest))));
  if (isContinuous(low.name, low.rate)) lemmas.push(atLeast(more.scale(highest).subtract(rise)));
  return lemmas;
}

/**
 * Facts about one factor of a product, multiplied by the rest of the product: from a ≤ d and 1/d > 0 follows a/d ≤ 1.
 * Only these let the linear solver, which takes each product for a variable of its own, relate it to its factors.
 */
export function productLemmas(table: AtomTable, bounds: Bounds, facts: readonly Fact[]): Fact[] {
  const products = new Map<string, Term>();
  for (const fact of facts) {
    for (const term of fact.polynomial.varyingTerms()) if (isProduct(term)) products.set(term.key, term);
  }
  const lemmas: Fact[] = [];
  for (const term of products.values()) {
    for (const [atom, exponent] of term.factors) {
      if (lemmas.length >= MOST_PRODUCTS) return lemmas;
      const rest = exponent > 0 ? without(term.factors, atom) : Polynomial.ofTerm(Exact.one, term.factors);
      lemmas.push(
        ...scaledFacts(bounds, rest, [...limitFacts(atom, ownInterval(table, bounds, atom)), ...factsOn(facts, atom)]),
      );
    }
  }
  return lemmas;
}

function isProduct(term: Term): boolean {
  return term.factors.length > 1 || term.factors.some(([, exponent]) => exponent !== 1);
}

function ownInterval(table: AtomTable, bounds: Bounds, atom: number): Interval {
  return table.atom(atom).kind === 'undefined' ? bounds.atom(atom) : bounds.product(`${atom}`, [[atom, 1]]);
}

function limitFacts(atom: number, interval: Interval): Fact[] {
  const value = Polynomial.atom(atom);
  const facts: Fact[] = [];
  if (interval.low !== undefined) facts.push(atLeast(value.subtract(Polynomial.constant(interval.low.value))));
  if (interval.high !== undefined) facts.push(atLeast(Polynomial.constant(interval.high.value).subtract(value)));
  return facts;
}

/** Facts that relate the atom, on its own, to something else. */
function factsOn(facts: readonly Fact[], atom: number): Fact[] {
  return facts.filter(({ polynomial }) => polynomial.terms.has(`${atom}`) && polynomial.varyingTerms().length > 1);
}

function without(factors: readonly Factor[], atom: number): Polynomial {
  return Polynomial.ofTerm(
    Exact.one,
    factors.flatMap(([each, exponent]): Factor[] => {
      if (each !== atom) return [[each, exponent]];
      return exponent === 1 ? [] : [[each, exponent - 1]];
    }),
  );
}

function scaledFacts(bounds: Bounds, multiplier: Polynomial, facts: readonly Fact[]): Fact[] {
  const sign = bounds.polynomial(multiplier);
  const positive = isNonNegative(sign);
  if (!positive && !isNonPositive(sign)) return [];
  const factor = positive ? multiplier : multiplier.negate();
  return facts.map(({ polynomial, relation }) => ({
    polynomial: polynomial.multiply(factor),
    relation: relation === 'equal' ? 'equal' : 'at-least',
  }));
}

function noSuchAtom(atom: never): never {
  throw new Error(`There is no lemma for ${JSON.stringify(atom)}.`);
}
