import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Exact } from '../../shared/exact/exact.ts';

/** A second definition of every operation: cross-multiplied numerators and denominators, reduced by Euclid. */
interface Fraction {
  readonly top: bigint;
  readonly bottom: bigint;
}

function reduced(top: bigint, bottom: bigint): Fraction {
  let [a, b] = [top < 0n ? -top : top, bottom];
  while (b !== 0n) [a, b] = [b, a % b];
  return a === 0n ? { top: 0n, bottom: 1n } : { top: top / a, bottom: bottom / a };
}

const fraction = fc
  .tuple(
    fc.bigInt(-(10n ** 30n), 10n ** 30n),
    fc.oneof(
      fc.bigInt(1n, 10n ** 12n),
      fc.integer({ min: 0, max: 30 }).map((n) => 10n ** BigInt(n)),
    ),
  )
  .map(([top, bottom]) => ({ top, bottom }));

function expectFraction(actual: Exact, top: bigint, bottom: bigint): void {
  const wanted = bottom < 0n ? reduced(-top, -bottom) : reduced(top, bottom);
  expect({ top: actual.numerator, bottom: actual.denominator }).toEqual(wanted);
}

describe('Exact', () => {
  it('adds, subtracts, multiplies and divides as fractions do, in lowest terms', () => {
    fc.assert(
      fc.property(fraction, fraction, (a, b) => {
        const [x, y] = [Exact.of(a.top, a.bottom), Exact.of(b.top, b.bottom)];
        expectFraction(x.add(y), a.top * b.bottom + b.top * a.bottom, a.bottom * b.bottom);
        expectFraction(x.subtract(y), a.top * b.bottom - b.top * a.bottom, a.bottom * b.bottom);
        expectFraction(x.multiply(y), a.top * b.top, a.bottom * b.bottom);
        if (b.top !== 0n) expectFraction(x.divide(y), a.top * b.bottom, a.bottom * b.top);
      }),
      { numRuns: 2000 },
    );
  });

  it('gives equal numbers equal forms, however they were made', () => {
    fc.assert(
      fc.property(fraction, fraction, fc.bigInt(1n, 1000n), (a, b, factor) => {
        const [x, y] = [Exact.of(a.top, a.bottom), Exact.of(b.top, b.bottom)];
        expect(Exact.of(a.top * factor, a.bottom * factor)).toEqual(x);
        expect(x.add(y).subtract(y)).toEqual(x);
        expect(y.isZero() || x.multiply(y).divide(y).equals(x)).toBe(true);
        expect(Exact.parse(x.toString())).toEqual(x);
        expect(x.compare(y) === 0).toBe(x.equals(y));
      }),
      { numRuns: 2000 },
    );
  });

  it('orders numbers as cross multiplication does', () => {
    fc.assert(
      fc.property(fraction, fraction, (a, b) => {
        const difference = a.top * b.bottom - b.top * a.bottom;
        const [x, y] = [Exact.of(a.top, a.bottom), Exact.of(b.top, b.bottom)];
        expect(x.compare(y)).toBe(difference === 0n ? 0 : difference < 0n ? -1 : 1);
        expect(Exact.min(x, y)).toEqual(difference <= 0n ? x : y);
        expect(Exact.max(x, y)).toEqual(difference >= 0n ? x : y);
      }),
    );
  });

  it.each([
    ['7/2', 3n, 4n, 4n],
    ['-7/2', -4n, -3n, -4n],
    ['5', 5n, 5n, 5n],
    ['-5', -5n, -5n, -5n],
    ['0.5', 0n, 1n, 1n],
    ['-0.5', -1n, 0n, -1n],
    ['0.49999999999999999999', 0n, 1n, 0n],
    ['-0.49999999999999999999', -1n, 0n, 0n],
    ['10.0001', 10n, 11n, 10n],
    ['1/3', 0n, 1n, 0n],
    ['-2/3', -1n, 0n, -1n],
    ['0', 0n, 0n, 0n],
  ])('%s has the floor %s, the ceiling %s, and rounds half away from zero to %s', (text, floor, ceil, rounded) => {
    const value = Exact.parse(text);
    expect([value.floor(), value.ceil(), value.roundHalfAwayFromZero()]).toEqual([floor, ceil, rounded]);
  });

  it.each([
    [1n, 8n, '0.125'],
    [-1n, 8n, '-0.125'],
    [1n, 3n, '1/3'],
    [-10n, 4n, '-2.5'],
    [6n, -4n, '-1.5'],
    [100n, 1n, '100'],
    [1n, 10n ** 40n, `0.${'0'.repeat(39)}1`],
    [0n, 7n, '0'],
    [7n, 30n, '7/30'],
  ])('%s / %s is written %s', (numerator, denominator, text) => {
    expect(Exact.of(numerator, denominator).toString()).toBe(text);
  });

  it.each([
    '',
    ' 1',
    '1 ',
    '+1',
    '.5',
    '5.',
    '01',
    '1e3',
    '0x10',
    '1_000',
    'NaN',
    'Infinity',
    '1/0',
    '1/-2',
    '--1',
    '１',
    '1,5',
    '1/2/3',
    '1.5/2',
    `1${'0'.repeat(20_000)}`,
  ])('refuses to parse "%.20s"', (text) => {
    expect(() => Exact.parse(text)).toThrow(RangeError);
  });

  it('refuses a division by zero and a zero denominator', () => {
    expect(() => Exact.one.divide(Exact.zero)).toThrow(RangeError);
    expect(() => Exact.of(1n, 0n)).toThrow(RangeError);
  });

  it('knows sign, zero, negation and magnitude', () => {
    const third = Exact.of(-1n, 3n);
    expect([third.sign(), Exact.zero.sign(), third.abs().sign()]).toEqual([-1, 0, 1]);
    expect(Exact.zero.negate()).toEqual(Exact.zero);
    expect(third.negate().toString()).toBe('1/3');
  });

  it('sees a numerator, a scale or a divisor at a bound', () => {
    expect(Exact.of(1000n).exceeds(1000n)).toBe(true);
    expect(Exact.of(-1000n).exceeds(1000n)).toBe(true);
    expect(Exact.of(999n).exceeds(1000n)).toBe(false);
    expect(Exact.parse('0.001').exceeds(1000n)).toBe(true);
    expect(Exact.of(1n, 1001n).exceeds(1000n)).toBe(true);
  });
});
