import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  dimensionless,
  divideUnits,
  equalUnits,
  formatUnit,
  multiplyUnits,
  parseUnit,
  type Unit,
  unit,
} from '../../shared/plans/unit.ts';

const anyUnit = fc
  .uniqueArray(fc.tuple(fc.constantFrom('usd', 'GB', 'h', 'request', 's'), fc.constantFrom(-3, -2, -1, 1, 2, 3)), {
    selector: ([base]) => base,
  })
  .map((bases): Unit => new Map(bases));

describe('units', () => {
  it.each([
    ['GB', 'GB'],
    ['1', '1'],
    ['usd/GB', 'usd/GB'],
    ['h*GB/request', 'GB*h/request'],
    ['usd/GB/h', 'usd/GB/h'],
    ['1/s', '1/s'],
    ['GB*GB', 'GB^2'],
    ['GB^2/GB', 'GB'],
    ['m^-1', '1/m'],
    ['usd/usd', '1'],
    ['s^-1*s', '1'],
  ])('reads %s as %s', (text, canonical) => {
    expect(formatUnit(unit(text))).toBe(canonical);
  });

  it.each([
    '',
    'GB*',
    '*GB',
    '/h',
    'GB h',
    'GB**h',
    'GB^0',
    'GB^1.5',
    'GB^x',
    '2',
    '2*GB',
    'GB*(h)',
    '€',
    'GB\n',
    '_x',
    'a'.repeat(200),
    'a^9*a',
  ])('refuses "%s"', (text) => {
    expect(parseUnit(text)).toMatchObject({ kind: 'refused', detail: expect.stringContaining('write one like GB') });
    expect(() => unit(text)).toThrow(RangeError);
  });

  it('multiply and divide as powers do, and what is divided by itself has no unit', () => {
    fc.assert(
      fc.property(anyUnit, anyUnit, (a, b) => {
        expect(equalUnits(divideUnits(multiplyUnits(a, b), b), a)).toBe(true);
        expect(equalUnits(divideUnits(a, a), dimensionless)).toBe(true);
        expect(equalUnits(multiplyUnits(a, b), multiplyUnits(b, a))).toBe(true);
        expect(equalUnits(unit(formatUnit(a)), a)).toBe(true);
      }),
    );
  });

  it('tell GB from GB/h', () => {
    expect(equalUnits(unit('GB'), unit('GB/h'))).toBe(false);
    expect(equalUnits(unit('GB'), unit('h'))).toBe(false);
  });
});
