import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  currency,
  currencyCodes,
  formatMinorUnits,
  minorUnitExponent,
  minorUnits,
  minorUnitsToExact,
  parseCurrency,
  roundToMinorUnits,
} from '../../shared/exact/currency.ts';
import { Exact } from '../../shared/exact/exact.ts';

describe('currency', () => {
  it.each([
    ['usd', 2],
    ['eur', 2],
    ['jpy', 0],
    ['krw', 0],
    ['isk', 0],
    ['kwd', 3],
    ['bhd', 3],
    ['tnd', 3],
    ['clf', 4],
    ['huf', 2],
    ['mru', 2],
  ])('%s has %i decimal places', (code, exponent) => {
    expect(minorUnitExponent(currency(code))).toBe(exponent);
  });

  it.each(['USD', 'usd ', '', 'xxx', 'xau', 'hrk', 'dem', 'toString', '__proto__', 'constructor'])(
    'refuses "%s"',
    (code) => {
      expect(parseCurrency(code)).toBeUndefined();
      expect(() => currency(code)).toThrow(RangeError);
    },
  );

  it('knows every currency that the runtime knows as current tender', () => {
    const withoutTender = new Set('ang bgn cuc hrk sll xdr xsu zwl'.split(' '));
    const missing = Intl.supportedValuesOf('currency')
      .map((code) => code.toLowerCase())
      .filter((code) => !withoutTender.has(code) && parseCurrency(code) === undefined);
    expect(missing).toEqual([]);
  });

  it('lists each code once', () => {
    expect(new Set(currencyCodes()).size).toBe(currencyCodes().length);
  });
});

describe('roundToMinorUnits', () => {
  it.each([
    ['3.685', 'usd', '3.69'],
    ['-3.685', 'usd', '-3.69'],
    ['3.6849999999999999999999', 'usd', '3.68'],
    ['0.005', 'usd', '0.01'],
    ['-0.005', 'usd', '-0.01'],
    ['0.004', 'usd', '0.00'],
    ['-0.004', 'usd', '0.00'],
    ['1023.5', 'jpy', '1024'],
    ['1022.5', 'jpy', '1023'],
    ['-0.5', 'jpy', '-1'],
    ['0.0005', 'kwd', '0.001'],
    ['1/3', 'usd', '0.33'],
    ['2/3', 'usd', '0.67'],
    ['20', 'usd', '20.00'],
    ['92233720368547758.07', 'usd', '92233720368547758.07'],
  ])('%s %s is %s: half away from zero', (exact, code, text) => {
    const money = currency(code);
    expect(formatMinorUnits(roundToMinorUnits(Exact.parse(exact), money), money)).toBe(text);
  });

  it('promise 14: is never further than half a minor unit from the exact amount', () => {
    const half = Exact.of(1n, 2n);
    fc.assert(
      fc.property(
        fc.bigInt(-(10n ** 20n), 10n ** 20n),
        fc.bigInt(1n, 10n ** 9n),
        fc.constantFrom('usd', 'jpy', 'kwd', 'clf'),
        (top, bottom, code) => {
          const money = currency(code);
          const exact = Exact.of(top, bottom);
          const difference = exact.subtract(minorUnitsToExact(roundToMinorUnits(exact, money), money)).abs();
          expect(
            difference.multiply(Exact.of(10n ** BigInt(minorUnitExponent(money)))).compare(half),
          ).toBeLessThanOrEqual(0);
        },
      ),
    );
  });

  it('reads back what it formats', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 63n), 2n ** 63n), fc.constantFrom('usd', 'jpy', 'kwd'), (amount, code) => {
        const money = currency(code);
        expect(Exact.parse(formatMinorUnits(minorUnits(amount), money))).toEqual(
          minorUnitsToExact(minorUnits(amount), money),
        );
      }),
    );
  });
});
