import { exactOf } from '../../exact/decimal.ts';
import { Exact } from '../../exact/exact.ts';
import type { PlanRate } from '../plan-document.ts';

/** A tier covers the quantities above the tier before it, up to and including `upTo`; the last one is open (null). */
export interface Tier {
  readonly upTo: Exact | null;
  /** In the plan's currency, per unit of the rate. */
  readonly unitPrice: Exact;
  /** In the plan's currency; zero when the tier has none. */
  readonly flat: Exact;
}

/** A price list whose tiers are in ascending order and end with an open one. */
export interface Rate {
  /** Whether the first tier's flat is due at quantity 0. */
  readonly flatAtZero: boolean;
  readonly tiers: readonly Tier[];
}

/** A tier as invoices show it. */
export interface ListedTier extends Tier {
  /** `tier_1`, `tier_2`, … */
  readonly key: string;
  readonly label: string;
  /** The bound of the tier before it; zero for the first. */
  readonly above: Exact;
}

export interface ListedRate extends Rate {
  readonly tiers: readonly ListedTier[];
}

/** What one tier, or one set of packages, adds to an amount. */
export interface RatePart {
  /** Stable within its rate call: `tier_2`, `packages`. */
  readonly key: string;
  readonly label: string;
  readonly quantity: Exact;
  readonly unitPrice: Exact;
  readonly flat: Exact;
  readonly exact: Exact;
}

function tierLabel(above: Exact, upTo: Exact | null): string {
  if (upTo === null) return above.isZero() ? 'any quantity' : `over ${above}`;
  return above.isZero() ? `up to ${upTo}` : `over ${above} up to ${upTo}`;
}

/** The rate of a plan in exact numbers. Its tiers must be in order, which `readFormulas` has checked. */
export function rateOf(rate: PlanRate): ListedRate {
  let above = Exact.zero;
  const tiers = rate.tiers.map((tier, index) => {
    const upTo = tier.upTo === null ? null : exactOf(tier.upTo);
    const flat = tier.flat === undefined ? Exact.zero : exactOf(tier.flat);
    const from = above;
    above = upTo ?? above;
    return {
      key: `tier_${index + 1}`,
      label: tierLabel(from, upTo),
      above: from,
      upTo,
      unitPrice: exactOf(tier.unitPrice),
      flat,
    };
  });
  return { flatAtZero: rate.flatAtZero, tiers };
}

/** The part of one tier, with the flat that is due. */
export function tierPart(tier: ListedTier, quantity: Exact, flat: Exact): RatePart {
  const { key, label, unitPrice } = tier;
  return { key, label, quantity, unitPrice, flat, exact: quantity.multiply(unitPrice).add(flat) };
}

export function sumOfParts(parts: readonly { readonly exact: Exact }[]): Exact {
  return parts.reduce((sum, part) => sum.add(part.exact), Exact.zero);
}
