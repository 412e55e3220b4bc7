import { describe, expect, test } from 'vitest';
import { type Bounds, brokenBounds } from '../../shared/billing/bounds.ts';
import { billingPeriod } from '../../shared/calendar/billing-period.ts';
import { currency, minorUnits } from '../../shared/exact/currency.ts';
import { Exact } from '../../shared/exact/exact.ts';

const BOUNDS: Bounds = {
  maxLines: 1_000,
  maxTimesMedian: Exact.parse('5'),
  medianOf: 6,
  medianFrom: 3,
  maxChange: Exact.parse('2'),
  tolerance: Exact.parse('100'),
};

/** Months before 2026-10, the latest first. */
const history = (...totals: bigint[]) => totals.map((total, index) => ({ period: `2026-0${9 - index}`, total }));
const reasons = (total: bigint, past: ReturnType<typeof history>, more: { lines?: number; of?: string } = {}) =>
  brokenBounds(
    {
      period: billingPeriod('2026-10'),
      currency: currency(more.of ?? 'usd'),
      lines: more.lines ?? 3,
      total: minorUnits(total),
    },
    past,
    BOUNDS,
  ).map(({ reason }) => reason);

describe('promise 24: bounds', () => {
  test.each<[string, bigint, ReturnType<typeof history>, string[]]>([
    ['a first invoice has nothing to be measured against', 9_999_999n, [], []],
    ['200.00 → 600.00 is a change of twice: inside', 60_000n, history(20_000n), []],
    ['200.00 → 600.01 is more than twice', 60_001n, history(20_000n), ['changed_since_last_period']],
    ['600.00 → 0 is a change of once', 0n, history(60_000n), []],
    ['0 → 100.00 is within the tolerance', 10_000n, history(0n), []],
    ['0 → 100.01 is not', 10_001n, history(0n), ['changed_since_last_period']],
    ['a month that is not the last one is no measure of change', 90_000n, [{ period: '2026-08', total: 100n }], []],
    ['two months are no median yet', 60_000n, history(20_000n, 20_000n), []],
    [
      'median of 100, 200, 300 is 200.00; 5 × 200.00 = 1,000.00 is inside',
      100_000n,
      history(40_000n, 10_000n, 20_000n),
      [],
    ],
    [
      'median of four is half the middle sum: (200.00 + 200.01) / 2 × 5 = 1,000.025 < 1,000.03',
      100_003n,
      history(40_000n, 10_000n, 20_001n, 20_000n),
      ['above_trailing_median'],
    ],
    ['one part in five of 1,000.00 is inside', 20_000n, history(100_000n, 100_000n, 100_000n), []],
    ['less than one part in five is not', 19_999n, history(100_000n, 100_000n, 100_000n), ['below_trailing_median']],
    [
      'a seventh month does not count',
      60_000n,
      history(20_000n, 20_000n, 20_000n, 20_000n, 20_000n, 20_000n, 9_000_000n),
      [],
    ],
    [
      'a credit after invoices is below the median, and a change of more than twice',
      -30_000n,
      history(10_100n, 10_100n, 10_100n),
      ['below_trailing_median', 'changed_since_last_period'],
    ],
  ])('%s', (_name, total, past, expected) => expect(reasons(total, past)).toEqual(expected));

  test('1,000 lines are inside, 1,001 are not', () => {
    expect(reasons(1n, [], { lines: 1_000 })).toEqual([]);
    expect(reasons(1n, [], { lines: 1_001 })).toEqual(['too_many_lines']);
  });

  test('the tolerance of 100 is in the currency’s own unit: 100 yen, 100.000 dinar', () => {
    expect(reasons(100n, history(0n), { of: 'jpy' })).toEqual([]);
    expect(reasons(101n, history(0n), { of: 'jpy' })).toEqual(['changed_since_last_period']);
    expect(reasons(100_000n, history(0n), { of: 'kwd' })).toEqual([]);
    expect(reasons(100_001n, history(0n), { of: 'kwd' })).toEqual(['changed_since_last_period']);
  });

  test('amounts beyond 2^53 are compared exactly', () => {
    const last = 2n ** 61n;
    expect(reasons(3n * last, history(last))).toEqual([]);
    expect(reasons(3n * last + 1n, history(last))).toEqual(['changed_since_last_period']);
  });
});
