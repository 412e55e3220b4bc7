/**
 * A second implementation of the rate functions and of rounding, by other algorithms and without any code of the core:
 * plain integers that count 10^-12, tiers as changes of slope, packages by remainder, rounding on the decimal digits.
 */
export const SCALE = 12;
const UNIT = 10n ** 12n;

/** All numbers are whole multiples of 10^-12. */
export interface OracleTier {
  readonly upTo: bigint | null;
  readonly unitPrice: bigint;
  readonly flat: bigint;
}

export interface OracleRate {
  readonly flatAtZero: boolean;
  readonly tiers: readonly OracleTier[];
}

/** top / bottom, in the currency; not reduced. */
export interface OracleAmount {
  readonly top: bigint;
  readonly bottom: bigint;
}

function lowerBounds(rate: OracleRate): bigint[] {
  return rate.tiers.map((_tier, index) => (index === 0 ? 0n : (rate.tiers[index - 1]?.upTo ?? 0n)));
}

/** Every bound below the quantity changes the slope by the difference of the two prices and adds a flat. */
export function oracleGraduated(quantity: bigint, rate: OracleRate): OracleAmount {
  const bounds = lowerBounds(rate);
  let top = 0n;
  let priceBelow = 0n;
  for (const [index, tier] of rate.tiers.entries()) {
    const bound = bounds[index] ?? 0n;
    if (quantity > bound) top += (quantity - bound) * (tier.unitPrice - priceBelow) + tier.flat * UNIT;
    priceBelow = tier.unitPrice;
  }
  if (quantity === 0n && rate.flatAtZero) top = (rate.tiers[0]?.flat ?? 0n) * UNIT;
  return { top, bottom: UNIT * UNIT };
}

/** The last tier that begins below the quantity, searched from the top. */
export function oracleVolume(quantity: bigint, rate: OracleRate): OracleAmount {
  const bounds = lowerBounds(rate);
  let index = rate.tiers.length - 1;
  while (index > 0 && (bounds[index] ?? 0n) >= quantity) index -= 1;
  const tier = rate.tiers[index];
  if (tier === undefined) throw new RangeError('a rate has tiers');
  const flat = quantity > 0n || rate.flatAtZero ? tier.flat : 0n;
  return { top: quantity * tier.unitPrice + flat * UNIT, bottom: UNIT * UNIT };
}

export function oraclePackage(quantity: bigint, size: bigint, price: bigint): OracleAmount {
  const begun = quantity % size === 0n ? 0n : 1n;
  return { top: (quantity / size + begun) * price, bottom: UNIT };
}

export function oracleAllowance(quantity: bigint, included: bigint, price: bigint): OracleAmount {
  return { top: quantity > included ? quantity * price - included * price : 0n, bottom: UNIT * UNIT };
}

export function oracleProration(fee: bigint, activeDays: number, periodDays: number): OracleAmount {
  return { top: fee * BigInt(activeDays), bottom: UNIT * BigInt(periodDays) };
}

/** The amount in minor units: written out to one digit beyond the minor unit, and rounded up when that digit is 5 or more. */
export function oracleRound({ top, bottom }: OracleAmount, exponent: number): bigint {
  const negative = top < 0n;
  const digits = (((negative ? -top : top) * 10n ** BigInt(exponent + 1)) / bottom).toString();
  const kept = BigInt(digits.slice(0, -1) || '0') + ((digits.at(-1) ?? '0') >= '5' ? 1n : 0n);
  return negative ? -kept : kept;
}

/** A multiple of 10^-12 as decimal text. */
export function oracleText(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString().padStart(SCALE + 1, '0');
  return `${value < 0n ? '-' : ''}${digits.slice(0, -SCALE)}.${digits.slice(-SCALE)}`;
}
