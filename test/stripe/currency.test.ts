import { describe, expect, test } from 'vitest';
import { currency, currencyCodes, minorUnits } from '../../shared/exact/currency.ts';
import {
  belowMinimumCharge,
  fromStripeAmount,
  maximumCharge,
  minimumCharge,
  type StripeAmount,
  toStripeAmount,
} from '../../shared/stripe/currency.ts';

const stripe = (amount: bigint) => amount as StripeAmount;

describe('amounts in the unit of Stripe', () => {
  test.each([
    ['usd', 1999n, 1999n],
    ['usd', -1999n, -1999n],
    ['jpy', 500n, 500n],
    ['kwd', 5120n, 5120n],
    ['isk', 5n, 500n],
    ['ugx', 5n, 500n],
    ['mga', 500n, 5n],
    ['huf', 1045n, 1045n],
    ['twd', 80045n, 80045n],
  ])('%s: %d minor units are %d', (code, local, expected) => {
    const converted = toStripeAmount(minorUnits(local), currency(code));
    expect(converted).toEqual({ kind: 'represented', amount: expected });
    expect(fromStripeAmount(stripe(expected), currency(code))).toEqual({ kind: 'represented', amount: local });
  });

  test.each([
    ['kwd', 5124n],
    ['kwd', -1n],
    ['mga', 501n],
  ])('%s: %d minor units are refused, never rounded', (code, local) => {
    expect(toStripeAmount(minorUnits(local), currency(code))).toMatchObject({
      kind: 'refused',
      reason: 'not_representable',
    });
  });

  test('a fraction of a króna from Stripe is refused', () => {
    expect(fromStripeAmount(stripe(501n), currency('isk'))).toMatchObject({
      kind: 'refused',
      reason: 'not_representable',
    });
  });

  test('a currency of four decimal places is unknown to Stripe', () => {
    expect(toStripeAmount(minorUnits(10n), currency('clf'))).toMatchObject({
      kind: 'refused',
      reason: 'unsupported_currency',
    });
  });

  test('zero is zero in every currency that Stripe has', () => {
    for (const code of currencyCodes()) {
      const converted = toStripeAmount(minorUnits(0n), currency(code));
      if (converted.kind === 'represented') expect(converted.amount).toBe(0n);
      else expect(converted.reason).toBe('unsupported_currency');
    }
  });
});

describe('limits of a charge', () => {
  test.each([
    ['usd', 49n, true],
    ['usd', 50n, false],
    ['usd', 0n, false],
    ['usd', -1n, false],
    ['gbp', 29n, true],
    ['jpy', 49n, true],
    ['huf', 17_499n, true],
    ['kwd', 1n, false],
  ])('%s %d is below the minimum: %s', (code, amount, below) => {
    expect(belowMinimumCharge(stripe(amount), currency(code))).toBe(below);
  });

  test('a currency without a stated minimum has none, and eight digits are the common maximum', () => {
    expect(minimumCharge(currency('kwd'))).toBeUndefined();
    expect(maximumCharge(currency('usd'))).toBe(99_999_999n);
    expect(maximumCharge(currency('idr'))).toBe(999_999_999_999n);
  });
});
