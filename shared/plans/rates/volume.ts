import { Exact } from '../../exact/exact.ts';
import { type ListedRate, type RatePart, tierPart } from './tier.ts';

/**
 * All of the quantity at the unit price of the one tier that it falls in, and that tier's flat. Quantity 0 falls in
 * the first tier, whose flat is then due only when the rate says `flatAtZero`. The quantity must not be negative.
 */
export function volume(quantity: Exact, rate: ListedRate): RatePart[] {
  const tier = rate.tiers.find(({ upTo }) => upTo === null || quantity.compare(upTo) <= 0);
  if (tier === undefined) throw new RangeError('the rate has no open last tier');
  const flat = quantity.isZero() && !rate.flatAtZero ? Exact.zero : tier.flat;
  return [tierPart(tier, quantity, flat)];
}
