import { Exact } from '../../exact/exact.ts';
import { type ListedRate, type RatePart, tierPart } from './tier.ts';

/**
 * Each part of the quantity at the price of the tier that it falls in, and the flat of every tier that any of it falls
 * in. At quantity 0 the first tier stands alone, with its flat only when the rate says `flatAtZero`.
 * The quantity must not be negative.
 */
export function graduated(quantity: Exact, rate: ListedRate): RatePart[] {
  const parts: RatePart[] = [];
  for (const [index, tier] of rate.tiers.entries()) {
    const isFirstAtZero = index === 0 && quantity.isZero();
    if (!isFirstAtZero && quantity.compare(tier.above) <= 0) break;
    const reached = tier.upTo === null ? quantity : Exact.min(quantity, tier.upTo);
    const flat = isFirstAtZero && !rate.flatAtZero ? Exact.zero : tier.flat;
    parts.push(tierPart(tier, reached.subtract(tier.above), flat));
  }
  return parts;
}
