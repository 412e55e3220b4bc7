import { describe, expect, test } from 'vitest';
import { niceCeiling } from '../../shared/console/daily-chart.ts';
import { formatAge, formatAmount, formatChange, formatExact, formatNumber } from '../../shared/console/format.ts';
import { Exact } from '../../shared/exact/exact.ts';

describe('figures as people read them', () => {
  test.each([
    [0n, 'usd', '0.00 USD'],
    [123_456_789n, 'usd', '1,234,567.89 USD'],
    [-5n, 'usd', '−0.05 USD'],
    [1_024n, 'jpy', '1,024 JPY'],
    [1_234_567n, 'kwd', '1,234.567 KWD'],
    [9_007_199_254_740_993n, 'usd', '90,071,992,547,409.93 USD'],
    [5n, 'zzz', '5 minor units of ZZZ'],
  ])('%s minor units of %s are %s', (amount, currency, text) => {
    expect(formatAmount(amount, currency)).toBe(text);
  });

  test.each([
    [150n, 100n, '+0.50 USD (+50 %)'],
    [90n, 100n, '−0.10 USD (−10 %)'],
    [100n, 100n, 'no change'],
    [100n, 0n, '+1.00 USD'],
    [1n, 3n, '−0.02 USD (−66.7 %)'],
    [50n, -100n, '+1.50 USD (+150 %)'],
  ])('%s after %s is %s', (amount, before, text) => {
    expect(formatChange(amount, before, 'usd')).toBe(text);
  });

  test.each([
    ['1234567.5', '1,234,567.5'],
    ['0.0000001', '≈ 0'],
    ['1/3', '≈ 0.333333'],
    ['-1234.25', '−1,234.25'],
    ['not a number', 'not a number'],
  ])('%s is shown as %s', (text, shown) => {
    expect(formatNumber(text)).toBe(shown);
  });

  test('a number that is not rounded is shown without the sign for about', () => {
    expect(formatExact(Exact.parse('2.5'), 1)).toBe('2.5');
    expect(formatExact(Exact.parse('2.55'), 1)).toBe('≈ 2.6');
  });

  test.each([
    [0, '0 min'],
    [119 * 60_000, '119 min'],
    [120 * 60_000, '2 h'],
    [49 * 3_600_000, '2 days'],
    [-60_000, '0 min'],
  ])('%s ms ago is %s', (age, text) => {
    const now = new Date('2026-11-01T00:00:00Z');
    expect(formatAge(new Date(now.getTime() - age), now)).toBe(text);
  });
});

describe('the top of a chart', () => {
  test.each([
    ['0', '1'],
    ['1', '1'],
    ['1.1', '2'],
    ['3', '4'],
    ['6', '8'],
    ['9', '10'],
    ['0.03', '0.04'],
    ['123456789', '200000000'],
    ['1/3', '0.4'],
  ])('for %s is %s', (value, top) => {
    expect(niceCeiling(Exact.parse(value)).toString()).toBe(top);
  });
});
