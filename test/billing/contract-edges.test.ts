import { describe, expect, test } from 'vitest';
import { type ContractTerms, type CustomerInputs, rateCustomer } from '../../shared/billing/rate-customer.ts';
import { billingPeriod, periodDays } from '../../shared/calendar/billing-period.ts';
import { daysOf, utcDay } from '../../shared/calendar/utc-day.ts';
import { canonicalJson } from '../../shared/canonical/canonical-json.ts';
import { Exact } from '../../shared/exact/exact.ts';

/** A fee of 310 a month by days, and a price for each request. */
const plan = (price: string) =>
  canonicalJson({
    plan: 'edge',
    title: 'Edge',
    currency: 'usd',
    metrics: { requests: { unit: 'request', rollup: 'sum' } },
    parameters: { fee: { value: '310', unit: 'usd' }, price: { value: price, unit: 'usd/request' } },
    rates: {},
    lines: [
      { key: 'fee', label: 'Fee', formula: 'fee * active_days / period_days' },
      { key: 'requests', label: 'Requests', quantity: 'requests', formula: 'requests * price' },
    ],
  });
const PLANS = new Map([
  ['cheap', plan('0.1')],
  ['dear', plan('0.2')],
  [
    'free',
    canonicalJson({
      plan: 'free',
      title: 'Free',
      currency: 'usd',
      metrics: {},
      parameters: {},
      rates: {},
      lines: [{ key: 'nothing', label: 'Nothing', formula: '0' }],
    }),
  ],
]);

const contract = (from: string, to: string | null, version = 'cheap'): ContractTerms => ({
  contractId: `${version}-${from}`,
  mode: 'usage',
  legacyPlanVersion: null,
  usagePlanVersion: version,
  overrides: '{}',
  from: utcDay(from),
  to: to === null ? null : utcDay(to),
});

/** Ten requests on every day of the month. */
function rated(period: string, contracts: readonly ContractTerms[]) {
  const month = billingPeriod(period);
  const usage: CustomerInputs['usage'] = daysOf(periodDays(month)).map((day) => ({
    day,
    project: 'p',
    region: 'us',
    metric: 'requests',
    quantity: Exact.of(10n),
  }));
  const rating = rateCustomer({
    period: month,
    contracts,
    planDocuments: PLANS,
    divisors: new Map([['requests', Exact.one]]),
    usage,
  });
  if (rating.kind === 'held') return { held: rating.reason };
  return {
    lines: rating.billed.map(({ activeDays, lines }) => [activeDays, ...lines.map(({ amount }) => Number(amount))]),
    total: Number(rating.subtotal),
    excluded: rating.exclusions.map(({ reason, rows }) => `${rows} ${reason}`),
  };
}

describe('the edges of contracts, worked out by hand (days are half-open)', () => {
  test.each<[string, string, ContractTerms[], ReturnType<typeof rated>]>([
    [
      'starts on the 31st: 1 of 31 days, 310 / 31 = 10.00, and 10 × 0.10 = 1.00; 30 days are nobody’s',
      '2026-10',
      [contract('2026-10-31', null)],
      { lines: [[1, 1_000, 100]], total: 1_100, excluded: ['30 no_contract'] },
    ],
    [
      'starts on the 31st: the month before has none of it',
      '2026-09',
      [contract('2026-10-31', null)],
      { held: 'no_contract' },
    ],
    [
      'ends on 29 February 2028, so that the 28th is its last day: 28 of 29 days, 310 × 28 / 29 = 299.3103… = 299.31, and 280 × 0.10 = 28.00',
      '2028-02',
      [contract('2028-01-01', '2028-02-29')],
      { lines: [[28, 29_931, 2_800]], total: 32_731, excluded: ['1 no_contract'] },
    ],
    [
      'ends on 1 March 2028, so that 29 February is its last day: 29 of 29 days, 310.00 and 29.00',
      '2028-02',
      [contract('2028-01-01', '2028-03-01')],
      { lines: [[29, 31_000, 2_900]], total: 33_900, excluded: [] },
    ],
    [
      'ends on 1 March: March has none of it',
      '2028-03',
      [contract('2028-01-01', '2028-03-01')],
      { held: 'no_contract' },
    ],
    [
      'starts on the 31st of January 2028 and ends on 29 February: one day of January, 10.00 + 1.00',
      '2028-01',
      [contract('2028-01-31', '2028-02-29')],
      { lines: [[1, 1_000, 100]], total: 1_100, excluded: ['30 no_contract'] },
    ],
    [
      'and 28 days of February, 299.31 + 28.00',
      '2028-02',
      [contract('2028-01-31', '2028-02-29')],
      { lines: [[28, 29_931, 2_800]], total: 32_731, excluded: ['1 no_contract'] },
    ],
    [
      'changes plan on the 11th: 10 days 100.00 + 10.00, then 21 days 210.00 + 42.00, nothing twice and nothing in none',
      '2026-10',
      [contract('2026-01-01', '2026-10-11'), contract('2026-10-11', null, 'dear')],
      {
        lines: [
          [10, 10_000, 1_000],
          [21, 21_000, 4_200],
        ],
        total: 36_200,
        excluded: [],
      },
    ],
    [
      'a gap of one day between two contracts is one day that is nobody’s',
      '2026-10',
      [contract('2026-01-01', '2026-10-11'), contract('2026-10-12', null)],
      {
        lines: [
          [10, 10_000, 1_000],
          [20, 20_000, 2_000],
        ],
        total: 33_000,
        excluded: ['1 no_contract'],
      },
    ],
    [
      'covers one day in the middle: 1 of 31 days',
      '2026-10',
      [contract('2026-10-15', '2026-10-16')],
      { lines: [[1, 1_000, 100]], total: 1_100, excluded: ['30 no_contract'] },
    ],
    ['a customer without a contract is held, whatever it used', '2026-10', [], { held: 'no_contract' }],
    [
      'a line of zero is a line, and its usage is excluded with the reason',
      '2026-10',
      [contract('2026-01-01', null, 'free')],
      { lines: [[31, 0]], total: 0, excluded: ['31 metric_not_in_plan'] },
    ],
  ])('%s', (_name, period, contracts, expected) => expect(rated(period, contracts)).toEqual(expected));
});
