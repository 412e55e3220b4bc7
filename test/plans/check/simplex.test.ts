import { describe, expect, it } from 'vitest';
import { Exact } from '../../../shared/exact/exact.ts';
import { contains, everything, type Interval } from '../../../shared/plans/check/proof/interval.ts';
import { findPoint, type LinearConstraint } from '../../../shared/plans/check/proof/simplex.ts';
import { SeededRandom } from './seeded-random.ts';

/** Σ coefficients × variables + constant ≥ 0, or > 0. */
interface Inequality {
  readonly coefficients: readonly Exact[];
  readonly constant: Exact;
  readonly strict: boolean;
}

/** An independent decision: Fourier and Motzkin's elimination, one variable after another. */
function isFeasible(inequalities: readonly Inequality[], variable: number): boolean {
  if (variable < 0) {
    return inequalities.every(({ constant, strict }) => (strict ? constant.sign() > 0 : constant.sign() >= 0));
  }
  const of = (inequality: Inequality): Exact => inequality.coefficients[variable] ?? Exact.zero;
  const without = inequalities.filter((inequality) => of(inequality).isZero());
  const lower = inequalities.filter((inequality) => of(inequality).sign() > 0);
  const upper = inequalities.filter((inequality) => of(inequality).sign() < 0);
  const combined = lower.flatMap((low) => upper.map((high) => eliminate(low, of(low), high, of(high).negate())));
  return isFeasible([...without, ...combined], variable - 1);
}

function eliminate(low: Inequality, a: Exact, high: Inequality, b: Exact): Inequality {
  return {
    coefficients: low.coefficients.map((value, index) =>
      value.multiply(b).add((high.coefficients[index] ?? Exact.zero).multiply(a)),
    ),
    constant: low.constant.multiply(b).add(high.constant.multiply(a)),
    strict: low.strict || high.strict,
  };
}

function whole(random: SeededRandom, most: number): Exact {
  return Exact.of(BigInt(random.below(2 * most + 1) - most));
}

function randomConstraint(random: SeededRandom, variables: number): LinearConstraint {
  const coefficients = new Map<number, Exact>();
  for (let variable = 0; variable < variables; variable += 1) coefficients.set(variable, whole(random, 3));
  return { coefficients, relation: random.pick(['at-least', 'more-than', 'equal'] as const), bound: whole(random, 6) };
}

function randomBounds(random: SeededRandom): Interval {
  const low = random.chance(60) ? { value: whole(random, 3), open: random.chance(40) } : undefined;
  const width = Exact.of(BigInt(1 + random.below(5)));
  const high = random.chance(50)
    ? { value: (low?.value ?? Exact.zero).add(width), open: random.chance(40) }
    : undefined;
  return { low, high };
}

function asInequalities(bounds: readonly Interval[], constraints: readonly LinearConstraint[]): Inequality[] {
  const unit = (at: number, value: Exact): Exact[] => bounds.map((_, index) => (index === at ? value : Exact.zero));
  const minusOne = Exact.one.negate();
  return [
    ...bounds.flatMap(({ low, high }, index): Inequality[] => [
      ...(low === undefined
        ? []
        : [{ coefficients: unit(index, Exact.one), constant: low.value.negate(), strict: low.open }]),
      ...(high === undefined ? [] : [{ coefficients: unit(index, minusOne), constant: high.value, strict: high.open }]),
    ]),
    ...constraints.flatMap(({ coefficients, relation, bound }): Inequality[] => {
      const values = bounds.map((_, index) => coefficients.get(index) ?? Exact.zero);
      const above = { coefficients: values, constant: bound.negate(), strict: relation === 'more-than' };
      const below = { coefficients: values.map((value) => value.negate()), constant: bound, strict: false };
      return relation === 'equal' ? [above, below] : [above];
    }),
  ];
}

function satisfies(values: readonly Exact[], { coefficients, relation, bound }: LinearConstraint): boolean {
  let sum = Exact.zero;
  for (const [variable, coefficient] of coefficients)
    sum = sum.add((values[variable] ?? Exact.zero).multiply(coefficient));
  const order = sum.compare(bound);
  switch (relation) {
    case 'at-least':
      return order >= 0;
    case 'more-than':
      return order > 0;
    case 'equal':
      return order === 0;
    default:
      return relation satisfies never;
  }
}

describe('the linear solver', () => {
  it('agrees with an independent elimination on 1500 random systems, and its points satisfy every constraint', () => {
    const random = new SeededRandom(7);
    const seen = { infeasible: 0, point: 0, undecided: 0 };
    for (let system = 0; system < 1500; system += 1) {
      const variables = 1 + random.below(4);
      const bounds = Array.from({ length: variables }, () => randomBounds(random));
      const constraints = Array.from({ length: 1 + random.below(4) }, () => randomConstraint(random, variables));
      const answer = findPoint(bounds, constraints, 1000);
      seen[answer.kind] += 1;
      const expected = isFeasible(asInequalities(bounds, constraints), variables - 1);
      expect(answer.kind, `system ${system}`).toBe(expected ? 'point' : 'infeasible');
      if (answer.kind !== 'point') continue;
      for (const constraint of constraints) expect(satisfies(answer.values, constraint)).toBe(true);
      for (const [index, interval] of bounds.entries()) {
        expect(contains(interval, answer.values[index] ?? Exact.zero)).toBe(true);
      }
    }
    expect(seen.infeasible).toBeGreaterThan(200);
    expect(seen.point).toBeGreaterThan(200);
  });

  it('claims nothing when it reaches its limit', () => {
    const constraint: LinearConstraint = {
      coefficients: new Map([[0, Exact.one]]),
      relation: 'at-least',
      bound: Exact.one,
    };
    expect(findPoint([everything], [constraint], 0)).toEqual({ kind: 'undecided' });
  });

  it('tells apart a bound that is reached and one that is only approached', () => {
    const atLeastThree: LinearConstraint = {
      coefficients: new Map([[0, Exact.one]]),
      relation: 'at-least',
      bound: Exact.of(3n),
    };
    const upTo = (open: boolean): Interval => ({ low: undefined, high: { value: Exact.of(3n), open } });
    expect(findPoint([upTo(false)], [atLeastThree], 10).kind).toBe('point');
    expect(findPoint([upTo(true)], [atLeastThree], 10).kind).toBe('infeasible');
  });
});
