import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decimal, parseDecimal } from '../../shared/exact/decimal.ts';
import { Exact } from '../../shared/exact/exact.ts';

const NINES = '9'.repeat(38);

describe('parseDecimal', () => {
  it.each([
    ['0', '0'],
    ['-0', '0'],
    ['0.000', '0'],
    ['-0e10', '0'],
    ['12.50', '12.5'],
    ['-0.0030', '-0.003'],
    ['1e3', '1000'],
    ['1.5E-7', '0.00000015'],
    ['1.234e+06', '1234000'],
    ['9007199254740993', '9007199254740993'],
    ['9223372036854775808', '9223372036854775808'],
    [NINES, NINES],
    [`${NINES}000`, `${NINES}000`],
    [`0.00${NINES}`, `0.00${NINES}`],
    ['1e40', `1${'0'.repeat(40)}`],
    ['1e-40', `0.${'0'.repeat(39)}1`],
    ['1000e-43', `0.${'0'.repeat(39)}1`],
  ])('reads %s as %s', (text, value) => {
    expect(parseDecimal(text)).toEqual({ kind: 'decimal', value });
  });

  it.each([
    '',
    ' ',
    '+1',
    '.5',
    '5.',
    '01',
    '1_000',
    '0x10',
    '1,5',
    '1e',
    'e5',
    'NaN',
    'Infinity',
    '-Infinity',
    '1 ',
    ' 1',
    '--1',
    '١٢',
    '１',
    '1/2',
    'null',
    '0b1',
    '1e5.5',
    '\u0000',
    '1\n',
    '−1',
  ])('refuses %j: it is not a plain decimal', (text) => {
    expect(parseDecimal(text)).toMatchObject({ kind: 'refused', reason: 'not_a_decimal' });
  });

  it('refuses 39 digits and takes 38', () => {
    expect(parseDecimal(`${NINES}9`)).toMatchObject({ reason: 'too_many_digits' });
    expect(parseDecimal(`0.${NINES}9`)).toMatchObject({ reason: 'too_many_digits' });
    expect(parseDecimal('9'.repeat(1_000_000))).toMatchObject({ reason: 'too_many_digits' });
  });

  it.each(['1e41', '1e-41', '1e400', '1e99999999999', '-1e-400', `1e${'9'.repeat(100)}`])(
    'refuses the exponent of %s',
    (text) => {
      expect(parseDecimal(text)).toMatchObject({ reason: 'exponent_out_of_range' });
    },
  );

  it('has one form for each number: reading it again changes nothing', () => {
    const coefficient = fc.bigInt(-(10n ** 38n) + 1n, 10n ** 38n - 1n);
    fc.assert(
      fc.property(coefficient, fc.integer({ min: -40, max: 2 }), (digits, exponent) => {
        const value = decimal(`${digits}e${exponent}`);
        expect(decimal(value)).toBe(value);
        expect(value).toMatch(/^(0|-?(0|[1-9]\d*)(\.\d*[1-9])?)$/);
        const power = Exact.of(10n ** BigInt(Math.abs(exponent)));
        const wanted = exponent < 0 ? Exact.of(digits).divide(power) : Exact.of(digits).multiply(power);
        expect(Exact.parse(value)).toEqual(wanted);
      }),
    );
  });

  it('throws the same sentence where a decimal must be', () => {
    expect(() => decimal('1_000')).toThrow('"1_000" is not a decimal number; write it like 12.5 or -0.003');
  });
});
