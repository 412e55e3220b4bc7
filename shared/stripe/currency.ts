import { type Currency, type MinorUnits, minorUnitExponent, minorUnits } from '../exact/currency.ts';

/** A whole number in the unit that Stripe's API uses for the currency. It is not always the ISO 4217 minor unit. */
export type StripeAmount = bigint & { readonly __brand: 'StripeAmount' };

export type StripeAmountResult =
  | { readonly kind: 'represented'; readonly amount: StripeAmount }
  | {
      readonly kind: 'refused';
      readonly reason: 'not_representable' | 'unsupported_currency';
      readonly detail: string;
    };

export type LocalAmountResult =
  | { readonly kind: 'represented'; readonly amount: MinorUnits }
  | { readonly kind: 'refused'; readonly reason: 'not_representable'; readonly detail: string };

/**
 * Where Stripe's unit differs from ISO 4217, by decimal places (https://docs.stripe.com/currencies#special-cases):
 * isk and ugx have none but are still written with two that are always 00; mga is written without its fifths.
 * The rules for huf and twd are for payouts only.
 */
const STRIPE_EXPONENTS: ReadonlyMap<string, number> = new Map([
  ['isk', 2],
  ['ugx', 2],
  ['mga', 0],
]);

/**
 * The least amount that Stripe charges, in its own unit, by settlement currency
 * (https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts, 2026). An invoice with less due is marked
 * paid and the amount is moved to the customer's balance. Other currencies have the minimum of the settlement
 * currency after conversion, which is not known beforehand.
 */
const MINIMUM_CHARGES: ReadonlyMap<string, bigint> = new Map(
  Object.entries({
    usd: 50n,
    aed: 200n,
    aud: 50n,
    bgn: 100n,
    brl: 50n,
    cad: 50n,
    chf: 50n,
    czk: 1500n,
    dkk: 250n,
    eur: 50n,
    gbp: 30n,
    hkd: 400n,
    huf: 17500n,
    inr: 50n,
    jpy: 50n,
    mxn: 1000n,
    myr: 200n,
    nok: 300n,
    nzd: 50n,
    pln: 200n,
    ron: 200n,
    sek: 300n,
    sgd: 50n,
    thb: 1000n,
  }),
);

/** The most that Stripe charges at once, by digits of the amount (same page); eight digits where none is given. */
const MAXIMUM_CHARGES: ReadonlyMap<string, bigint> = new Map([
  ['idr', 999_999_999_999n],
  ['inr', 999_999_999n],
]);
const MAXIMUM_CHARGE = 99_999_999n;

function stripeExponent(currency: Currency): number {
  return STRIPE_EXPONENTS.get(currency) ?? minorUnitExponent(currency);
}

/** Converts local minor units to Stripe's unit. An amount that Stripe cannot hold exactly is refused, never rounded. */
export function toStripeAmount(amount: MinorUnits, currency: Currency): StripeAmountResult {
  const exponent = stripeExponent(currency);
  if (exponent > 3) {
    return { kind: 'refused', reason: 'unsupported_currency', detail: `Stripe has no currency ${currency}` };
  }
  if (exponent === 3 && amount % 10n !== 0n) {
    const detail = `${amount} minor units of ${currency}: Stripe takes three decimal places only when the last digit is 0; a line whose formula is like ceil(… * 100) / 100 ends so`;
    return { kind: 'refused', reason: 'not_representable', detail };
  }
  const shift = exponent - minorUnitExponent(currency);
  if (shift >= 0) return { kind: 'represented', amount: (amount * 10n ** BigInt(shift)) as StripeAmount };
  const unit = 10n ** BigInt(-shift);
  if (amount % unit !== 0n) {
    const detail = `${amount} minor units of ${currency}: Stripe has a unit of ${unit} of them and no fractions`;
    return { kind: 'refused', reason: 'not_representable', detail };
  }
  return { kind: 'represented', amount: (amount / unit) as StripeAmount };
}

/** Converts an amount read from Stripe to local minor units. */
export function fromStripeAmount(amount: StripeAmount, currency: Currency): LocalAmountResult {
  const shift = stripeExponent(currency) - minorUnitExponent(currency);
  if (shift <= 0) return { kind: 'represented', amount: minorUnits(amount * 10n ** BigInt(-shift)) };
  const unit = 10n ** BigInt(shift);
  if (amount % unit !== 0n) {
    const detail = `Stripe says ${amount} ${currency}, which is not a whole number of its minor units`;
    return { kind: 'refused', reason: 'not_representable', detail };
  }
  return { kind: 'represented', amount: minorUnits(amount / unit) };
}

/** The least that Stripe charges in the currency; undefined where Stripe states none. */
export function minimumCharge(currency: Currency): StripeAmount | undefined {
  return MINIMUM_CHARGES.get(currency) as StripeAmount | undefined;
}

/** The most that Stripe charges at once in the currency. */
export function maximumCharge(currency: Currency): StripeAmount {
  return (MAXIMUM_CHARGES.get(currency) ?? MAXIMUM_CHARGE) as StripeAmount;
}

/** True for a positive amount that Stripe would not charge but move to the customer's balance. */
export function belowMinimumCharge(amount: StripeAmount, currency: Currency): boolean {
  const minimum = minimumCharge(currency);
  return minimum !== undefined && amount > 0n && amount < minimum;
}
