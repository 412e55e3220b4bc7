import type { Exact } from '../../../exact/exact.ts';
import type { Rate } from '../../rates/tier.ts';
import type { AtomTable } from './atoms.ts';
import { Bounds } from './bounds.ts';
import { atomLemmas, productLemmas } from './lemmas.ts';
import { type Assumption, type Fact, Normaliser, type Split } from './normalise.ts';
import type { Term } from './polynomial.ts';
import { type Feasibility, findPoint, type LinearConstraint } from './simplex.ts';

/** Values of inputs at which the assumptions may hold together; to be tried, not to be trusted. */
export type Witness = ReadonlyMap<string, Exact>;

type Verdict = { readonly kind: 'impossible' } | { readonly kind: 'possible'; readonly witnesses: readonly Witness[] };

/** What stays the same over all questions about one plan. */
export interface Space {
  readonly table: AtomTable;
  readonly rates: ReadonlyMap<string, Rate>;
  /** What is always true of the inputs, such as active_days ≤ period_days. */
  readonly always: readonly Assumption[];
}

const MOST_CASES = 240;
const MOST_PIVOTS = 400;
const MOST_ROWS = 220;
const MOST_VARIABLES = 160;
const ENOUGH_WITNESSES = 4;

/**
 * Whether assumptions can hold together. `impossible` is a proof: no usage fulfils all of them. `possible` says only
 * that no proof was found within the limits, which are counts, so that the answer never depends on the machine.
 *
 * The method: take the assumptions as linear facts over products of atoms, add what is always true of those atoms, and
 * ask the linear solver for a contradiction. Without one, decide an open choice (a branch, the larger argument, a tier)
 * each way and ask again.
 */
export function canHold(space: Space, assumptions: readonly Assumption[], mostCases = MOST_CASES): Verdict {
  const search = new Search(space, mostCases);
  search.visit(new Map(), [...assumptions, ...space.always]);
  return search.verdict();
}

class Search {
  readonly #space: Space;
  readonly #witnesses: Witness[] = [];
  #casesLeft: number;
  #isPossible = false;

  constructor(space: Space, mostCases: number) {
    this.#space = space;
    this.#casesLeft = mostCases;
  }

  verdict(): Verdict {
    return this.#isPossible ? { kind: 'possible', witnesses: this.#witnesses } : { kind: 'impossible' };
  }

  visit(decisions: ReadonlyMap<string, number>, assumptions: readonly Assumption[]): void {
    if (this.#isDone()) return;
    this.#casesLeft -= 1;
    const normal = new Normaliser(this.#space.table, this.#space.rates, decisions);
    const facts = assumptions.flatMap((assumption) => normal.facts(assumption));
    const outcome = contradiction(this.#space.table, facts);
    if (outcome.kind === 'infeasible') return;
    const split = nextSplit(normal.open);
    if (split === undefined) {
      this.#isPossible = true;
      if (outcome.kind === 'point') this.#witnesses.push(outcome.witness);
      return;
    }
    this.#descend(split, decisions, assumptions);
  }

  #isDone(): boolean {
    if (this.#isPossible && this.#witnesses.length >= ENOUGH_WITNESSES) return true;
    if (this.#casesLeft > 0) return false;
    this.#isPossible = true;
    return true;
  }

  #descend(split: Split, decisions: ReadonlyMap<string, number>, assumptions: readonly Assumption[]): void {
    for (const [index, alternative] of split.alternatives.entries()) {
      this.visit(new Map([...decisions, [split.key, index]]), [...assumptions, ...alternative]);
    }
  }
}

/** Tiers come last: what is known of a rate without deciding is often enough. */
function nextSplit(open: readonly Split[]): Split | undefined {
  const decidable = open.filter(({ inBranch }) => !inBranch);
  return decidable.find(({ isRate }) => !isRate) ?? decidable[0];
}

type Outcome =
  | { readonly kind: 'infeasible' }
  | { readonly kind: 'point'; readonly witness: Witness }
  | { readonly kind: 'undecided' };

function contradiction(table: AtomTable, facts: readonly Fact[]): Outcome {
  if (facts.some(isFalse)) return { kind: 'infeasible' };
  const bounds = new Bounds(table, facts);
  if (bounds.contradictory) return { kind: 'infeasible' };
  const lemmas = atomLemmas(table, bounds, facts);
  const known = [...facts, ...lemmas];
  const all = [...known, ...productLemmas(table, bounds, known)];
  if (bounds.contradictory) return { kind: 'infeasible' };
  return solveLinear(table, bounds, all);
}

/** A fact about constants alone that is not so. */
function isFalse({ polynomial, relation }: Fact): boolean {
  const value = polynomial.constantValue();
  if (value === undefined) return false;
  switch (relation) {
    case 'at-least':
      return value.sign() < 0;
    case 'more-than':
      return value.sign() <= 0;
    case 'equal':
      return !value.isZero();
    default:
      return noSuchRelation(relation);
  }
}

function solveLinear(table: AtomTable, bounds: Bounds, facts: readonly Fact[]): Outcome {
  const terms = new Map<string, { index: number; term: Term }>();
  const constraints: LinearConstraint[] = [];
  for (const { polynomial, relation } of facts.slice(0, MOST_ROWS)) {
    const varying = polynomial.varyingTerms();
    if (varying.length === 0) continue;
    if (terms.size + varying.length > MOST_VARIABLES) continue;
    const coefficients = new Map<number, Exact>();
    for (const term of varying) {
      const known = terms.get(term.key) ?? { index: terms.size, term };
      terms.set(term.key, known);
      coefficients.set(known.index, term.coefficient);
    }
    constraints.push({ coefficients, relation, bound: polynomial.constantPart().negate() });
  }
  const intervals = [...terms.values()].map(({ term }) => bounds.product(term.key, term.factors));
  if (bounds.contradictory) return { kind: 'infeasible' };
  const solution = findPoint(intervals, constraints, MOST_PIVOTS);
  return solution.kind === 'point' ? { kind: 'point', witness: witnessOf(table, terms, solution) } : solution;
}

function witnessOf(
  table: AtomTable,
  terms: ReadonlyMap<string, { index: number; term: Term }>,
  solution: Extract<Feasibility, { kind: 'point' }>,
): Witness {
  const witness = new Map<string, Exact>();
  for (const { index, term } of terms.values()) {
    const [factor, ...others] = term.factors;
    const value = solution.values[index];
    if (factor === undefined || others.length > 0 || factor[1] !== 1 || value === undefined) continue;
    const atom = table.atom(factor[0]);
    if (atom.kind === 'input') witness.set(atom.name, value);
  }
  return witness;
}

function noSuchRelation(relation: never): never {
  throw new Error(`There is no relation ${String(relation)}.`);
}
