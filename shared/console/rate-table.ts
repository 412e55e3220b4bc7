import type { PlanRate } from '../plans/plan-document.ts';
import { formatNumber } from './format.ts';
import type { Html } from './page.ts';
import { table } from './parts.ts';

const ALL_DECIMALS = 40;

/** The tiers of a rate. `currency` is the plan's. */
export function rateTable(rate: PlanRate, currency: string): Html {
  const price = (text: string) => `${formatNumber(text, ALL_DECIMALS)} ${currency.toUpperCase()}`;
  const rows = rate.tiers.map((tier) => [
    tier.upTo === null ? 'and above' : `up to ${formatNumber(tier.upTo, ALL_DECIMALS)}`,
    price(tier.unitPrice),
    tier.flat === undefined ? '–' : price(tier.flat),
  ]);
  const columns = [
    { label: 'Tier' },
    { label: 'Unit price', numeric: true },
    { label: 'Flat', numeric: true },
  ] as const;
  return table('Tiers', columns, rows);
}
