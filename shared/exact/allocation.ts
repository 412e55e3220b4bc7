import { type MinorUnits, minorUnits } from './currency.ts';
import { Exact } from './exact.ts';

/**
 * Splits a rounded total over its exact parts, so that the shares add up to the total: each share is its part rounded
 * down, and the units that are then missing go to the largest remainders, ties in the order of the parts.
 *
 * The parts are in minor units (fractions allowed), and the total is their sum rounded to a whole number.
 * Throws RangeError when it is not.
 */
export function allocate(total: MinorUnits, exactParts: readonly Exact[]): MinorUnits[] {
  const shares = exactParts.map((part) => part.floor());
  const missing = total - shares.reduce((sum, share) => sum + share, 0n);
  const remainders = exactParts
    .map((part, index) => ({ index, remainder: part.subtract(Exact.of(part.floor())) }))
    .filter(({ remainder }) => !remainder.isZero())
    .sort((a, b) => b.remainder.compare(a.remainder) || a.index - b.index);
  if (missing < 0n || missing > BigInt(remainders.length)) {
    throw new RangeError(`${total} minor units are not the rounded sum of the parts ${exactParts.join(', ')}`);
  }
  for (const { index } of remainders.slice(0, Number(missing))) shares[index] = (shares[index] ?? 0n) + 1n;
  return shares.map(minorUnits);
}
