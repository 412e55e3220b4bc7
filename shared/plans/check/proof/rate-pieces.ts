import { Exact } from '../../../exact/exact.ts';
import type { RateFunction } from '../../formula/tree.ts';
import type { Rate } from '../../rates/tier.ts';
import { addIntervals, exactly, hull, type Interval, intersect, scaleInterval } from './interval.ts';

/** Between two bounds a rate function is a straight line: base + slope × quantity. */
interface RatePiece {
  readonly quantities: Interval;
  readonly slope: Exact;
  readonly base: Exact;
}

/** The rate function as its straight pieces; together they cover every quantity from zero. */
export function ratePieces(name: RateFunction, rate: Rate): RatePiece[] {
  const first = rate.tiers[0];
  const atZero = rate.flatAtZero && first !== undefined ? first.flat : Exact.zero;
  const pieces: RatePiece[] = [{ quantities: exactly(Exact.zero), slope: Exact.zero, base: atZero }];
  let from = Exact.zero;
  let below = Exact.zero;
  for (const tier of rate.tiers) {
    const quantities: Interval = {
      low: { value: from, open: true },
      high: tier.upTo === null ? undefined : { value: tier.upTo, open: false },
    };
    const passed = name === 'graduated' ? below.subtract(tier.unitPrice.multiply(from)) : Exact.zero;
    pieces.push({ quantities, slope: tier.unitPrice, base: passed.add(tier.flat) });
    if (tier.upTo === null) break;
    below = below.add(tier.unitPrice.multiply(tier.upTo.subtract(from))).add(tier.flat);
    from = tier.upTo;
  }
  return pieces;
}

/** The amounts of all quantities in the interval; a negative quantity has none. `undefined` when there is no amount. */
export function rateInterval(name: RateFunction, rate: Rate, quantity: Interval): Interval | undefined {
  let amounts: Interval | undefined;
  for (const piece of ratePieces(name, rate)) {
    const part = intersect(quantity, piece.quantities);
    if (part === undefined) continue;
    const amount = addIntervals(scaleInterval(part, piece.slope), exactly(piece.base));
    amounts = amounts === undefined ? amount : hull(amounts, amount);
  }
  return amounts;
}

/** The lowest and highest unit price, for bounds on how fast the amount grows. */
export function unitPriceRange(rate: Rate): { lowest: Exact; highest: Exact } {
  const prices = rate.tiers.map((tier) => tier.unitPrice);
  const [first = Exact.zero, ...others] = prices;
  return {
    lowest: others.reduce((low, price) => Exact.min(low, price), first),
    highest: others.reduce((high, price) => Exact.max(high, price), first),
  };
}

/** A step down: at the bound the amount is `at`, just above it `above`, which is less. */
interface Cliff {
  readonly quantity: Exact;
  readonly at: Exact;
  readonly above: Exact;
}

/** Every bound behind which more quantity costs less at once. */
export function cliffs(name: RateFunction, rate: Rate): Cliff[] {
  const pieces = ratePieces(name, rate);
  const found: Cliff[] = [];
  for (const [index, piece] of pieces.entries()) {
    const next = pieces[index + 1];
    const bound = piece.quantities.high;
    if (next === undefined || bound === undefined) continue;
    const at = piece.base.add(piece.slope.multiply(bound.value));
    const above = next.base.add(next.slope.multiply(bound.value));
    if (above.compare(at) < 0) found.push({ quantity: bound.value, at, above });
  }
  return found;
}

/** True when the amount has no step, neither up nor down, at any bound. */
export function isContinuous(name: RateFunction, rate: Rate): boolean {
  const pieces = ratePieces(name, rate);
  return pieces.every((piece, index) => {
    const next = pieces[index + 1];
    const bound = piece.quantities.high;
    if (next === undefined || bound === undefined) return true;
    const at = piece.base.add(piece.slope.multiply(bound.value));
    return at.equals(next.base.add(next.slope.multiply(bound.value)));
  });
}

/** True when a larger quantity never costs less. */
export function neverFalls(name: RateFunction, rate: Rate): boolean {
  return unitPriceRange(rate).lowest.sign() >= 0 && cliffs(name, rate).length === 0;
}
