import { Exact } from '../../exact/exact.ts';
import type { RatePart } from './tier.ts';

/** Whole packages, begun ones included, at one price: ceil(quantity / size) × price. Quantity not negative, size above 0. */
export function packages(quantity: Exact, size: Exact, price: Exact): RatePart[] {
  const count = Exact.of(quantity.divide(size).ceil());
  return [
    {
      key: 'packages',
      label: `packages of ${size}`,
      quantity: count,
      unitPrice: price,
      flat: Exact.zero,
      exact: count.multiply(price),
    },
  ];
}
