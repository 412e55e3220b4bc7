import { Exact } from '../../../shared/exact/exact.ts';
import type { SeededRandom } from './seeded-random.ts';

const TINY = Exact.of(1n, 10n ** 12n);

/** Bounds of the random plans' tiers and conditions, and values just beside them. */
const EDGES: readonly Exact[] = [
  ...['0', '0.3', '5', '7.5', '10', '20', '50', '100', '200', '1500', '5000'].map((text) => Exact.parse(text)),
].flatMap((edge) => [edge, edge.add(TINY), ...(edge.sign() > 0 ? [edge.subtract(TINY)] : [])]);

const HUGE = Exact.parse('1000000000000000000');

/** Zero, edges and their neighbours, whole numbers, decimals, fractions without a decimal form, and huge numbers. */
export function randomQuantity(random: SeededRandom): Exact {
  switch (random.below(8)) {
    case 0:
      return Exact.zero;
    case 1:
    case 2:
      return random.pick(EDGES);
    case 3:
      return Exact.of(BigInt(random.below(300)));
    case 4:
      return Exact.of(BigInt(random.below(30_000)), 100n);
    case 5:
      return Exact.of(BigInt(random.below(3000)), BigInt(1 + random.below(13)));
    case 6:
      return Exact.of(BigInt(random.below(10_000_000)));
    default:
      return random.chance(80) ? Exact.of(BigInt(random.below(20_000)), 1000n) : HUGE.add(random.pick(EDGES));
  }
}

/** Days of a segment: 0 to all days of a period of 1 to 366 days. */
export function randomDays(random: SeededRandom): { activeDays: Exact; periodDays: Exact } {
  const periodDays = random.chance(70) ? random.pick([28, 30, 31]) : 1 + random.below(366);
  const activeDays = random.chance(50) ? periodDays : random.below(periodDays + 1);
  return { activeDays: Exact.of(BigInt(activeDays)), periodDays: Exact.of(BigInt(periodDays)) };
}
