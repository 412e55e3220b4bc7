import {
  type OracleAmount,
  type OracleRate,
  type OracleTier,
  oracleAllowance,
  oracleGraduated,
  oraclePackage,
  oracleProration,
  oracleText,
  oracleVolume,
  SCALE,
} from './oracle.ts';
import type { Random } from './random.ts';

const UNIT = 10n ** BigInt(SCALE);
const CURRENCIES: readonly [readonly [string, number], ...(readonly [string, number])[]] = [
  ['usd', 2],
  ['jpy', 0],
  ['kwd', 3],
];

/** A plan of one line, and what the oracle says of it. Quantities are multiples of 10^-12. */
export interface OracleCase {
  readonly plan: unknown;
  readonly exponent: number;
  /** Quantities at which something changes. */
  readonly bounds: readonly bigint[];
  readonly amount: (quantity: bigint, activeDays: number, periodDays: number) => OracleAmount;
}

/** Up to 26 digits before the point and 12 after it: 38 in all, mostly shorter, often with few decimals. */
export function randomNumber(random: Random, wholeDigits: number): bigint {
  const whole = random.digits(wholeDigits);
  if (random.chance(3)) return whole * UNIT;
  if (random.chance(2)) return whole * UNIT + BigInt(random.below(100)) * (UNIT / 100n);
  return whole * UNIT + (random.digits(SCALE) % UNIT);
}

function randomTiers(random: Random): OracleTier[] {
  const tiers: OracleTier[] = [];
  const count = 1 + random.below(20);
  let bound = 0n;
  for (let index = 1; index <= count; index += 1) {
    bound += 1n + (random.chance(4) ? BigInt(random.below(3)) : randomNumber(random, 6));
    const flat = random.chance(2) ? 0n : randomNumber(random, 3);
    tiers.push({
      upTo: index === count ? null : bound,
      unitPrice: randomNumber(random, 2) / (random.chance(2) ? 1n : 10n ** 6n),
      flat,
    });
  }
  return tiers;
}

function planOf(currency: string, formula: string, parts: object): unknown {
  const line = { key: 'usage', label: 'Usage', formula };
  return {
    plan: 'random',
    title: 'Random',
    currency,
    metrics: { u: { unit: 'unit', rollup: 'sum' } },
    ...parts,
    lines: [line],
  };
}

function ratedCase(random: Random, name: 'graduated' | 'volume'): OracleCase {
  const [currency, exponent] = random.pick(CURRENCIES);
  const rate: OracleRate = { flatAtZero: random.chance(2), tiers: randomTiers(random) };
  const tiers = rate.tiers.map(({ upTo, unitPrice, flat }) => ({
    upTo: upTo === null ? null : oracleText(upTo),
    unitPrice: oracleText(unitPrice),
    ...(flat === 0n && random.chance(2) ? {} : { flat: oracleText(flat) }),
  }));
  return {
    plan: planOf(currency, `${name}(u, r)`, { rates: { r: { per: 'unit', flatAtZero: rate.flatAtZero, tiers } } }),
    exponent,
    bounds: rate.tiers.flatMap(({ upTo }) => (upTo === null ? [] : [upTo])),
    amount: (quantity) => (name === 'graduated' ? oracleGraduated(quantity, rate) : oracleVolume(quantity, rate)),
  };
}

function parameters(values: Readonly<Record<string, bigint>>): object {
  const written = Object.entries(values).map(([name, value]) => [name, { value: oracleText(value), unit: '1' }]);
  return { parameters: Object.fromEntries(written) };
}

function packageCase(random: Random): OracleCase {
  const [currency, exponent] = random.pick(CURRENCIES);
  const [size, price] = [1n + randomNumber(random, 4), randomNumber(random, 3)];
  return {
    plan: planOf(currency, 'package(u, size, price)', parameters({ size, price })),
    exponent,
    bounds: [size, size * 2n, size * 1000n],
    amount: (quantity) => oraclePackage(quantity, size, price),
  };
}

function allowanceCase(random: Random): OracleCase {
  const [currency, exponent] = random.pick(CURRENCIES);
  const [included, price] = [randomNumber(random, 6), randomNumber(random, 2)];
  return {
    plan: planOf(currency, 'max(0, u - included) * price', parameters({ included, price })),
    exponent,
    bounds: [included],
    amount: (quantity) => oracleAllowance(quantity, included, price),
  };
}

function prorationCase(random: Random): OracleCase {
  const [currency, exponent] = random.pick(CURRENCIES);
  const fee = randomNumber(random, 9);
  return {
    plan: planOf(currency, 'fee * active_days / period_days', parameters({ fee })),
    exponent,
    bounds: [],
    amount: (_quantity, activeDays, periodDays) => oracleProration(fee, activeDays, periodDays),
  };
}

export function randomCase(random: Random): OracleCase {
  switch (random.below(8)) {
    case 0:
      return packageCase(random);
    case 1:
      return allowanceCase(random);
    case 2:
      return prorationCase(random);
    case 3:
    case 4:
    case 5:
      return ratedCase(random, 'graduated');
    default:
      return ratedCase(random, 'volume');
  }
}

/** Zero, a bound, a bound ± the smallest step, a number of 38 digits, or any. */
export function randomQuantity(random: Random, bounds: readonly bigint[]): bigint {
  const bound = bounds[random.below(Math.max(1, bounds.length))] ?? 0n;
  switch (random.below(8)) {
    case 0:
      return 0n;
    case 1:
      return bound;
    case 2:
      return bound + 1n;
    case 3:
      return bound > 0n ? bound - 1n : 1n;
    case 4:
      return randomNumber(random, 26);
    default:
      return randomNumber(random, 7);
  }
}
