import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allocate } from '../../shared/exact/allocation.ts';
import { minorUnits } from '../../shared/exact/currency.ts';
import { Exact } from '../../shared/exact/exact.ts';

function shares(total: bigint, parts: readonly string[]): bigint[] {
  return allocate(minorUnits(total), parts.map(Exact.parse));
}

describe('allocate', () => {
  it.each<[string, bigint, string[], bigint[]]>([
    ['three thirds of 100: the first gets the odd cent', 100n, ['100/3', '100/3', '100/3'], [34n, 33n, 33n]],
    ['the largest remainder gets the missing unit', 10n, ['3.2', '3.3', '3.5'], [3n, 3n, 4n]],
    ['two missing units go to the two largest remainders', 3n, ['0.6', '0.7', '0.8', '0.9'], [0n, 1n, 1n, 1n]],
    ['ties go by order', 1n, ['0.5', '0.5'], [1n, 0n]],
    ['whole parts keep their amounts', 7n, ['3', '0', '4'], [3n, 0n, 4n]],
    ['a half rounds away from zero', 1n, ['0.5'], [1n]],
    ['a negative half rounds away from zero', -1n, ['-0.5'], [-1n]],
    ['parts of both signs', 2n, ['5.4', '-3.6'], [6n, -4n]],
    ['nothing to split', 0n, [], []],
  ])('%s', (_name, total, parts, wanted) => {
    expect(shares(total, parts)).toEqual(wanted);
  });

  it('adds up to the total, and each share is less than one unit from its part', () => {
    const part = fc
      .tuple(fc.bigInt(-(10n ** 15n), 10n ** 15n), fc.bigInt(1n, 10n ** 6n))
      .map(([top, bottom]) => Exact.of(top, bottom));
    fc.assert(
      fc.property(fc.array(part, { maxLength: 20 }), (parts) => {
        const total = minorUnits(parts.reduce((sum, next) => sum.add(next), Exact.zero).roundHalfAwayFromZero());
        const split = allocate(total, parts);
        expect(split.reduce((sum, share) => sum + share, 0n)).toBe(total);
        for (const [index, share] of split.entries()) {
          expect(parts[index]?.subtract(Exact.of(share)).abs().compare(Exact.one)).toBe(-1);
        }
      }),
    );
  });

  it.each<[bigint, string[]]>([
    [5n, ['1', '1']],
    [-1n, ['1', '1']],
    [1n, []],
  ])('refuses the total %s, which is not the rounded sum of %j', (total, parts) => {
    expect(() => shares(total, parts)).toThrow(RangeError);
  });
});
