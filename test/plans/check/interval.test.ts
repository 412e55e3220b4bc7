import { describe, expect, it } from 'vitest';
import { Exact } from '../../../shared/exact/exact.ts';
import {
  addIntervals,
  type Bound,
  ceilingInterval,
  contains,
  floorInterval,
  hull,
  type Interval,
  intersect,
  largestInterval,
  multiplyIntervals,
  negateInterval,
  reciprocalInterval,
  scaleInterval,
  smallestInterval,
} from '../../../shared/plans/check/proof/interval.ts';
import { SeededRandom } from './seeded-random.ts';

function bound(text: string, open = false): Bound {
  return { value: Exact.parse(text), open };
}

function written({ low, high }: Interval): string {
  const left = low === undefined ? '(-∞' : `${low.open ? '(' : '['}${low.value}`;
  return `${left}, ${high === undefined ? '∞)' : `${high.value}${high.open ? ')' : ']'}`}`;
}

function interval(text: string): Interval {
  const [, opening, low = '', high = '', closing] = /^([[(])(.+), (.+)([\])])$/.exec(text) ?? [];
  return {
    low: low === '-∞' ? undefined : bound(low, opening === '('),
    high: high === '∞' ? undefined : bound(high, closing === ')'),
  };
}

describe('interval arithmetic', () => {
  it.each([
    ['[1, 2]', '(3, 4]', '(3, 8]'],
    ['[0, ∞)', '[0, ∞)', '[0, ∞)'],
    ['(0, ∞)', '(0, 1]', '(0, ∞)'],
    ['[-1, 2]', '[-3, ∞)', '(-∞, ∞)'],
    ['[0, 0]', '(-∞, ∞)', '[0, 0]'],
    ['(0, 1)', '[0, 5]', '[0, 5)'],
    ['(-∞, -1]', '(-∞, -2)', '(2, ∞)'],
    ['(0, 1)', '(-∞, 0)', '(-∞, 0)'],
  ])('%s × %s = %s', (left, right, product) => {
    expect(written(multiplyIntervals(interval(left), interval(right)))).toBe(product);
    expect(written(multiplyIntervals(interval(right), interval(left)))).toBe(product);
  });

  it.each([
    ['[2, 4]', '[0.25, 0.5]'],
    ['(0, 4)', '(0.25, ∞)'],
    ['[0, ∞)', '(0, ∞)'],
    ['(-∞, -2]', '[-0.5, 0)'],
    ['[-1, 1]', '(-∞, ∞)'],
  ])('1 ÷ %s is in %s', (of, reciprocal) => {
    expect(written(reciprocalInterval(interval(of)))).toBe(reciprocal);
  });

  it.each([
    ['(2, 2.5]', '[3, 3]', '[2, 2]'],
    ['[2, 3)', '[2, 3]', '[2, 2]'],
    ['(-0.5, ∞)', '[0, ∞)', '[-1, ∞)'],
  ])('the whole numbers around %s: ceil in %s, floor in %s', (of, ceiling, floor) => {
    expect(written(ceilingInterval(interval(of)))).toBe(ceiling);
    expect(written(floorInterval(interval(of)))).toBe(floor);
  });

  it('an intersection without a value is none', () => {
    expect(intersect(interval('[0, 1)'), interval('[1, 2]'))).toBeUndefined();
    expect(intersect(interval('[0, 1]'), interval('(-∞, 0.5)'))).toEqual(interval('[0, 0.5)'));
  });

  it('the result of an operation holds every result of values in its operands', () => {
    const random = new SeededRandom(11);
    const number = (): Exact => Exact.of(BigInt(random.below(41) - 20), BigInt(1 + random.below(4)));
    const around = (value: Exact): Interval => {
      const distance = (): Exact => Exact.of(BigInt(random.below(4)), 2n);
      const [down, up] = [distance(), distance()];
      return {
        low: random.chance(25) ? undefined : { value: value.subtract(down), open: !down.isZero() && random.chance(50) },
        high: random.chance(25) ? undefined : { value: value.add(up), open: !up.isZero() && random.chance(50) },
      };
    };
    for (let round = 0; round < 3000; round += 1) {
      const [x, y] = [number(), number()];
      const [a, b] = [around(x), around(y)];
      const held = {
        sum: contains(addIntervals(a, b), x.add(y)),
        product: contains(multiplyIntervals(a, b), x.multiply(y)),
        multiple: contains(scaleInterval(a, y), x.multiply(y)),
        largest: contains(largestInterval(a, b), Exact.max(x, y)),
        smallest: contains(smallestInterval(a, b), Exact.min(x, y)),
        negation: contains(negateInterval(a), x.negate()),
        ceiling: contains(ceilingInterval(a), Exact.of(x.ceil())),
        floor: contains(floorInterval(a), Exact.of(x.floor())),
        both: contains(hull(a, b), x) && contains(hull(a, b), y),
        reciprocal: x.isZero() || contains(reciprocalInterval(a), Exact.one.divide(x)),
      };
      expect(
        Object.entries(held).filter(([, isHeld]) => !isHeld),
        `${x} in ${written(a)}, ${y} in ${written(b)}`,
      ).toEqual([]);
    }
  });
});
