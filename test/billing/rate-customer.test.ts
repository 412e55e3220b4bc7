import { describe, expect, test } from 'vitest';
import { chargeLines, invoiceDocument } from '../../shared/billing/invoice-document.ts';
import { type ContractTerms, type CustomerInputs, rateCustomer } from '../../shared/billing/rate-customer.ts';
import { billingPeriod } from '../../shared/calendar/billing-period.ts';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { canonicalJson } from '../../shared/canonical/canonical-json.ts';
import { Exact } from '../../shared/exact/exact.ts';

const usagePlan = (price: string) => ({
  plan: 'metered',
  title: 'Metered',
  currency: 'usd',
  metrics: { requests: { unit: 'request', rollup: 'sum' }, models: { unit: 'model', rollup: 'mean' } },
  parameters: { price: { value: price, unit: 'usd/request' }, model_price: { value: '3', unit: 'usd/model' } },
  rates: {},
  lines: [
    { key: 'requests', label: 'Requests', quantity: 'requests', formula: 'requests * price' },
    { key: 'models', label: 'Models', quantity: 'models', formula: 'models * model_price' },
  ],
});
const tier = {
  plan: 'tier-s',
  title: 'Tier S',
  currency: 'usd',
  metrics: {},
  parameters: { fee: { value: '310', unit: 'usd' } },
  rates: {},
  lines: [{ key: 'fee', label: 'Monthly fee', formula: 'fee * active_days / period_days' }],
};

const documents = new Map([
  ['v-cheap', canonicalJson(usagePlan('0.1'))],
  ['v-dear', canonicalJson(usagePlan('0.2'))],
  ['v-tier', canonicalJson(tier)],
]);

const contract = (terms: Partial<ContractTerms>): ContractTerms => ({
  contractId: 'c1',
  mode: 'usage',
  legacyPlanVersion: null,
  usagePlanVersion: 'v-cheap',
  overrides: '{}',
  from: utcDay('2026-01-01'),
  to: null,
  ...terms,
});

const row = (day: string, metric: string, quantity: string, project = 'p1', region = 'us') => ({
  day: utcDay(day),
  metric,
  quantity: Exact.parse(quantity),
  project,
  region,
});

const inputs = (contracts: ContractTerms[], usage: CustomerInputs['usage']): CustomerInputs => ({
  period: billingPeriod('2026-10'),
  contracts,
  planDocuments: documents,
  divisors: new Map([
    ['requests', Exact.one],
    ['models', Exact.of(86_400n)],
  ]),
  usage,
});

describe('a customer’s period', () => {
  test('31 days × 10 requests at 0.10 = 31.00, and 2 models all month at 3.00 = 6.00', () => {
    const days = Array.from({ length: 31 }, (_, index) => `2026-10-${String(index + 1).padStart(2, '0')}`);
    const usage = days.flatMap((day) => [row(day, 'requests', '10'), row(day, 'models', '172800')]);
    const rating = rateCustomer(inputs([contract({})], usage));
    expect(rating).toMatchObject({ kind: 'rated', subtotal: 3_700n });
  });

  test('a change of plan on the 11th rates 10 days at 0.10 and 21 days at 0.20, each by its own usage', () => {
    const contracts = [
      contract({ to: utcDay('2026-10-11') }),
      contract({ contractId: 'c2', usagePlanVersion: 'v-dear', from: utcDay('2026-10-11') }),
    ];
    const usage = [row('2026-10-10', 'requests', '100'), row('2026-10-11', 'requests', '100')];
    const rating = rateCustomer(inputs(contracts, usage));
    if (rating.kind !== 'rated') throw new Error(rating.detail);
    expect(rating.subtotal).toBe(1_000n + 2_000n);
    expect(rating.billed.map((segment) => segment.activeDays)).toEqual([10, 21]);
    expect(chargeLines(rating.billed).map((line) => line.key)).toEqual([
      'requests:2026-10-01',
      'models:2026-10-01',
      'requests:2026-10-11',
      'models:2026-10-11',
    ]);
  });

  test('shadow mode bills the fixed tier and rates the usage plan beside it', () => {
    const shadow = contract({ mode: 'shadow', legacyPlanVersion: 'v-tier' });
    const rating = rateCustomer(inputs([shadow], [row('2026-10-05', 'requests', '100')]));
    if (rating.kind !== 'rated') throw new Error(rating.detail);
    expect(rating.subtotal).toBe(31_000n);
    expect(rating.shadow.flatMap((segment) => segment.lines).map((line) => line.amount)).toEqual([1_000n, 0n]);
  });

  test('promise 5: usage that no billed line holds is excluded with its reason', () => {
    const legacy = contract({
      mode: 'legacy',
      legacyPlanVersion: 'v-tier',
      usagePlanVersion: null,
      from: utcDay('2026-10-10'),
    });
    const rating = rateCustomer(
      inputs(
        [legacy],
        [row('2026-10-09', 'requests', '1'), row('2026-10-10', 'requests', '2'), row('2026-10-11', 'requests', '3')],
      ),
    );
    if (rating.kind !== 'rated') throw new Error(rating.detail);
    expect(
      rating.exclusions.map(({ metric, rows, quantity, reason }) => ({
        metric,
        rows,
        quantity: quantity.toString(),
        reason,
      })),
    ).toEqual([
      { metric: 'requests', rows: 1, quantity: '1', reason: 'no_contract' },
      { metric: 'requests', rows: 2, quantity: '5', reason: 'metric_not_in_plan' },
    ]);
    // 310 × 22 / 31 = 220
    expect(rating.subtotal).toBe(22_000n);
  });

  test('a contract’s override changes the price of that customer alone', () => {
    const rating = rateCustomer(
      inputs([contract({ overrides: '{"parameters":{"price":"0.05"}}' })], [row('2026-10-05', 'requests', '100')]),
    );
    expect(rating).toMatchObject({ kind: 'rated', subtotal: 500n });
  });

  test('promise 19: a metric that nothing measures holds the customer, with the reason', () => {
    const rating = rateCustomer({ ...inputs([contract({})], []), divisors: new Map() });
    expect(rating).toMatchObject({
      kind: 'held',
      reason: 'unknown_metric',
      detail: 'plan metered bills models, which nothing measures',
    });
  });

  test('no contract on any day holds the customer', () => {
    expect(rateCustomer(inputs([], []))).toMatchObject({ kind: 'held', reason: 'no_contract' });
  });

  test('promise 13: the invoice’s bytes do not depend on the order of the usage rows', () => {
    const usage = [
      row('2026-10-05', 'requests', '1'),
      row('2026-10-06', 'requests', '2', 'p2'),
      row('2026-10-06', 'models', '5', 'p2', 'eu'),
    ];
    const identity = { invoiceId: 'i', customerId: 'c', period: '2026-10', series: 'usage' };
    const written = [usage, usage.toReversed()].map((rows) =>
      invoiceDocument(identity, rateCustomer(inputs([contract({})], rows))),
    );
    expect(written[0]).toBe(written[1]);
  });
});
