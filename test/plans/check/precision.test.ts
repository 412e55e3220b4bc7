import { describe, expect, it } from 'vitest';
import { findingsOf, type LineFixture } from './plan-fixture.ts';

const usage: LineFixture = { formula: 'gb * price', quantity: 'gb' };
const discount = (formula: string): LineFixture => ({ formula, allowNegative: true });

/** Formulas as sales and revenue teams write them, none of which deserves a finding. */
const TYPICAL: readonly (readonly [string, ...LineFixture[]])[] = [
  ['overage above an allowance', { formula: 'max(0, gb - included) * price' }],
  ['overage with a condition', { formula: 'gb > included ? (gb - included) * price : 0' }],
  ['overage at a second price', { formula: 'min(gb, included) * price + max(0, gb - included) * low_price' }],
  ['overage by steps of a condition', { formula: 'gb <= included ? 0 : gb * price - included * price' }],
  ['a minimum for the month', usage, { formula: 'max(0, commitment - subtotal)' }],
  [
    'a minimum in proportion to the days',
    usage,
    { formula: 'max(0, commitment * active_days / period_days - subtotal)' },
  ],
  ['a minimum with a condition', usage, { formula: 'subtotal < commitment ? commitment - subtotal : 0' }],
  ['a minimum inside one line', { formula: 'max(gb * price, commitment)' }],
  ['a cap on one line', { formula: 'min(gb * price, cap)' }],
  ['a minimum and a cap', { formula: 'clamp(gb * price, fee, cap)' }],
  ['a cap on everything', usage, discount('min(0, cap - subtotal)')],
  ['a cap with a condition', usage, discount('subtotal > cap ? cap - subtotal : 0')],
  ['tiers', { formula: 'graduated(gb, steps)' }],
  ['tiers and a flat fee', { formula: 'graduated(requests, per_request) + fee' }],
  ['tiers above an allowance', { formula: 'graduated(max(0, gb - included), steps)' }],
  ['volume prices that never step down', { formula: 'volume(gb, climbing)' }],
  ['a volume cliff behind a minimum', { formula: 'max(volume(gb, cliff), credit)' }],
  ['a discount in percent on everything', usage, discount('-(subtotal * off)')],
  ['a discount in percent above a threshold', usage, discount('-(max(0, subtotal - fee) * off)')],
  ['a discount in percent by formula', usage, discount('-(gb * price * off)')],
  ['a discount in percent on tiers', { formula: 'graduated(gb, steps)' }, discount('-(graduated(gb, steps) * off)')],
  ['a credit until it is used up', usage, discount('-min(subtotal, credit)')],
  ['a discount, then a minimum', usage, discount('-(subtotal * off)'), { formula: 'max(0, commitment - subtotal)' }],
  [
    'a credit, then a cap, then a minimum',
    usage,
    discount('-min(subtotal, credit)'),
    discount('min(0, cap - subtotal)'),
    { formula: 'max(0, fee - subtotal)' },
  ],
  ['seats', { formula: 'seats * seat_price' }],
  ['seats and usage', { formula: 'seats * seat_price + requests * request_price' }],
  [
    'seats that include usage',
    { formula: 'seats * seat_price' },
    { formula: 'max(0, requests - seats * requests_per_seat) * request_price' },
  ],
  [
    'seats that include usage, in one line',
    { formula: 'seats * seat_price + max(0, requests - seats * requests_per_seat) * request_price' },
  ],
  ['seats in proportion to the days', { formula: 'seats * seat_price * active_days / period_days' }],
  ['a fee in proportion to the days', { formula: 'fee * active_days / period_days' }],
  ['a fee for the days that are left out', discount('-(fee * (period_days - active_days) / period_days)')],
  ['a refund that is never more than the fee', { formula: 'fee - fee * (period_days - active_days) / period_days' }],
  ['a price by the day', { formula: 'active_days * day_price' }],
  ['a fee by months of thirty days', { formula: 'fee * min(active_days / month, 1)' }],
  ['an allowance in proportion to the days', { formula: 'max(0, gb - included * active_days / period_days) * price' }],
  ['packages', { formula: 'package(gb, package_size, package_price)' }],
  ['packages above an allowance', { formula: 'package(max(0, gb - included), package_size, package_price)' }],
  ['whole units only', { formula: 'ceil(gb) * price' }],
  ['whole packages by hand', { formula: 'ceil(max(0, gb - included) / package_size) * package_price' }],
  ['the larger of two metrics', { formula: 'max(gb, other_gb) * price' }],
  ['a fee once there is usage', { formula: 'gb > 0 ? fee : 0' }],
  ['a fee once there is any of two usages', { formula: 'gb > 0 or requests > 0 ? fee : 0' }],
  ['two metrics above one allowance', { formula: 'max(0, gb + other_gb - included) * price' }],
  ['a percentage of payments', { formula: 'processed * off' }],
  ['a percentage of payments by steps', { formula: 'min(processed, fee) * off + max(0, processed - fee) * off / 2' }],
  ['storage by the hour', { formula: 'gb_hours * hour_price' }],
  [
    'a commitment paid ahead and usage beyond it',
    { formula: 'commitment' },
    { formula: 'max(0, gb * price - commitment)' },
  ],
  [
    'usage beyond a commitment at a factor',
    { formula: 'min(gb * price, commitment) + max(0, gb * price - commitment) * off' },
  ],
  ['an allowance for each project', { formula: 'max(0, gb - included) * price', per: 'project' }],
  [
    'tiers for each project and a minimum',
    { formula: 'graduated(gb, steps)', per: 'project' },
    { formula: 'max(0, commitment - subtotal)' },
  ],
  [
    'what is left of an allowance for a second metric',
    { formula: 'gb * price' },
    { formula: 'max(0, other_gb - included) * low_price' },
  ],
  ['a price that depends on a switch', { formula: 'off > 0 ? gb * price : gb * low_price' }],
];

describe('formulas that teams really write are proved', () => {
  it.each(TYPICAL.map(([name, ...lines]) => ({ name, lines })))('$name', ({ lines }) => {
    expect(findingsOf(lines)).toEqual([]);
  });
});
