import { describe, expect, it } from 'vitest';
import { checkPlanDocument } from '../../../shared/plans/check/check.ts';
import { findingsOf, type LineFixture, placeOf } from './plan-fixture.ts';

interface Expected {
  readonly code: string;
  /** What the finding points at, in the formula of the last line. */
  readonly at: string;
  readonly message: RegExp;
  readonly counterexample?: Readonly<Record<string, string>>;
}

type Case = readonly [formula: string, ...expected: Expected[]];

function check(lines: readonly LineFixture[], expected: readonly Expected[]): void {
  const formula = lines.at(-1)?.formula ?? '';
  const found = findingsOf(lines);
  expect(found.map((each) => ({ code: each.code, at: placeOf(formula, each) }))).toEqual(
    expected.map(({ code, at }) => ({ code, at })),
  );
  for (const [index, { message, counterexample }] of expected.entries()) {
    expect(found[index]?.message).toMatch(message);
    if (counterexample !== undefined) expect(found[index]?.counterexample).toEqual(counterexample);
  }
}

const READING: readonly Case[] = [
  ['gb * (price', { code: 'syntax', at: '(', message: /not closed/ }],
  ['gb_total * price', { code: 'unknown-name', at: 'gb_total', message: /not a metric or parameter/ }],
  ['graduated(gb, gold)', { code: 'unknown-rate', at: 'gold', message: /not a rate/ }],
];

const UNITS: readonly Case[] = [
  [
    '(gb + requests) * price',
    {
      code: 'unit-mismatch',
      at: 'gb + requests',
      message: /"gb" is in GB and "requests" is in request; they cannot be added/,
    },
  ],
  ['gb > requests ? fee : 0', { code: 'unit-mismatch', at: 'gb > requests', message: /cannot be compared/ }],
  ['max(gb, fee) * price', { code: 'unit-mismatch', at: 'max(gb, fee)', message: /cannot stand together in max/ }],
  ['gb > 0 ? fee : gb', { code: 'unit-mismatch', at: 'gb > 0 ? fee : gb', message: /two results of one condition/ }],
  ['max(0, gb - 100) * price', { code: 'unit-missing', at: '100', message: /Name the number as a parameter in GB/ }],
  ['gb > 100 ? fee : 0', { code: 'unit-missing', at: '100', message: /has no unit, but "gb" is in GB/ }],
  ['fee + 5', { code: 'unit-missing', at: '5', message: /parameter in usd/ }],
  ['5', { code: 'unit-missing', at: '5', message: /must be an amount in usd/ }],
  ['gb * included * price', { code: 'line-unit', at: 'gb * included * price', message: /comes out in GB\*usd/ }],
  ['gb', { code: 'line-unit', at: 'gb', message: /comes out in GB, but/ }],
  [
    'graduated(requests, steps)',
    { code: 'rate-unit', at: 'requests', message: /price per GB, but "requests" is in request/ },
  ],
  [
    'package(gb, free_requests, package_price)',
    { code: 'unit-mismatch', at: 'package(gb, free_requests, package_price)', message: /quantity and size/ },
  ],
  [
    'package(gb, package_size, price)',
    { code: 'price-unit', at: 'price', message: /amount in usd, but "price" is in usd\/GB/ },
  ],
  ['(subtotal - gb) * off', { code: 'unit-mismatch', at: 'subtotal - gb', message: /"subtotal" is in usd/ }],
  ['fee * active_days', { code: 'line-unit', at: 'fee * active_days', message: /comes out in day\*usd/ }],
];

const STOPS: readonly Case[] = [
  [
    'fee * (included / gb)',
    { code: 'more-costs-less', at: 'fee * (included / gb)', message: /More gb can cost less/ },
    {
      code: 'division-by-zero',
      at: 'gb',
      message: /with gb = 0 the line has no amount.*gb > 0 \?/s,
      counterexample: { gb: '0' },
    },
  ],
  [
    'gb == included ? 0 : fee * included / abs(gb - included)',
    { code: 'more-costs-less', at: 'gb == included ? 0 : fee * included / abs(gb - included)', message: /More gb/ },
  ],
  [
    'fee * included / (included + gb) * 0 + fee / (active_days / period_days)',
    { code: 'metric-ignored', at: 'gb', message: /same whatever gb is/ },
    {
      code: 'division-by-zero',
      at: 'active_days / period_days',
      message: /active_days = 0/,
      counterexample: { gb: '0', active_days: '0', period_days: '1' },
    },
  ],
  [
    'gb > 0 and fee * included / gb > fee ? fee : 0',
    {
      code: 'more-costs-less',
      at: 'gb > 0 and fee * included / gb > fee ? fee : 0',
      message: /at 99 the line is 1500.00 usd, at .* it is 0.00 usd/,
    },
  ],
  [
    'graduated(gb - included, steps)',
    {
      code: 'negative-quantity',
      at: 'gb - included',
      message: /Write max\(0, gb - included\)/,
      counterexample: { gb: '0' },
    },
  ],
  ['package(gb, no_size, package_price)', { code: 'division-by-zero', at: 'no_size', message: /can be zero/ }],
  [
    'package(gb, -package_size, package_price)',
    { code: 'package-size-not-positive', at: '-package_size', message: /can be negative/ },
  ],
];

const SIGNS: readonly Case[] = [
  [
    '(gb - included) * price',
    {
      code: 'may-be-negative',
      at: '(gb - included) * price',
      message: /with gb = 0 it comes to -13.00 usd/,
      counterexample: { gb: '0' },
    },
  ],
  [
    'fee - gb * price',
    { code: 'may-be-negative', at: 'fee - gb * price', message: /comes to -/ },
    { code: 'more-costs-less', at: 'fee - gb * price', message: /More gb/ },
  ],
  [
    '-fee',
    { code: 'may-be-negative', at: '-fee', message: /with any usage it comes to -1500.00 usd/, counterexample: {} },
  ],
  [
    '(gb * gb - 2 * gb * other_gb + other_gb * other_gb) * price_squared',
    {
      code: 'negative-unproven',
      at: '(gb * gb - 2 * gb * other_gb + other_gb * other_gb) * price_squared',
      message: /could not be proved/,
    },
    {
      code: 'more-costs-less',
      at: '(gb * gb - 2 * gb * other_gb + other_gb * other_gb) * price_squared',
      message: /More gb/,
    },
    {
      code: 'more-costs-less',
      at: '(gb * gb - 2 * gb * other_gb + other_gb * other_gb) * price_squared',
      message: /More other_gb/,
    },
  ],
];

const MONOTONE: readonly Case[] = [
  [
    'volume(gb, cliff)',
    {
      code: 'volume-cliff',
      at: 'volume(gb, cliff)',
      message: /Beyond 10 .* at 10 the line is 150.00 usd, at 11 it is 110.00 usd/,
      counterexample: { gb: '11' },
    },
    {
      code: 'volume-cliff',
      at: 'volume(gb, cliff)',
      message: /Beyond 15 .* at 15 the line is 150.00 usd, at 16 it is 80.00 usd/,
      counterexample: { gb: '16' },
    },
  ],
  [
    'volume(max(0, gb - included), cliff)',
    {
      code: 'volume-cliff',
      at: 'volume(max(0, gb - included), cliff)',
      message: /at 110 the line is 150.00 usd, at 111 /,
    },
    { code: 'volume-cliff', at: 'volume(max(0, gb - included), cliff)', message: /at 115 .* at 116 / },
  ],
  [
    'gb > included ? gb * low_price : gb * price',
    {
      code: 'more-costs-less',
      at: 'gb > included ? gb * low_price : gb * price',
      message: /at 100 the line is 13.00 usd, at 101 it is 5.05 usd/,
      counterexample: { gb: '101' },
    },
  ],
  [
    'gb > 0 ? fee * gb / (gb + included) : 0',
    {
      code: 'rising-unproven',
      at: 'gb > 0 ? fee * gb / (gb + included) : 0',
      message: /could not be proved that more gb/,
    },
  ],
];

const CONDITIONS: readonly Case[] = [
  ['gb >= 0 ? gb * price : fee', { code: 'constant-condition', at: 'gb >= 0', message: /always true/ }],
  [
    'gb > included and gb < included ? fee : gb * price',
    { code: 'constant-condition', at: 'gb > included and gb < included', message: /always false/ },
  ],
  [
    'active_days > period_days ? fee : gb * price',
    { code: 'constant-condition', at: 'active_days > period_days', message: /always false/ },
  ],
  ['1 > 2 ? fee : gb * price', { code: 'constant-condition', at: '1 > 2', message: /always false/ }],
  ['min(0, gb) * price + fee', { code: 'metric-ignored', at: 'gb', message: /same whatever gb is/ }],
  ['fee + gb * price - gb * price', { code: 'metric-ignored', at: 'gb', message: /same whatever gb is/ }],
];

const GROUPS = { READING, UNITS, STOPS, SIGNS, MONOTONE, CONDITIONS };

describe.each(Object.entries(GROUPS))('findings: %s', (_, cases) => {
  it.each(cases.map(([formula, ...expected]) => ({ formula, expected })))('$formula', ({ formula, expected }) => {
    check([{ formula }], expected);
  });
});

describe('findings about lines that see others', () => {
  const usage: LineFixture = { formula: 'gb * price' };

  it('a discount on the whole subtotal from a threshold costs less beyond it', () => {
    const formula = 'subtotal > fee ? -(subtotal * off) : 0';
    check(
      [usage, { formula, allowNegative: true }],
      [
        {
          code: 'more-costs-less',
          at: formula,
          message: /the sum up to this line is 1500\.00 usd, at .* it is 1200\.\d\d usd/,
        },
      ],
    );
  });

  it('what is left of a fee after the subtotal can be negative', () => {
    const formula = 'fee - subtotal';
    check(
      [usage, { formula }],
      [{ code: 'may-be-negative', at: formula, message: /with gb = 1000000 it comes to -128500.00 usd/ }],
    );
  });

  it('a line that may be negative is not asked for its sign', () => {
    expect(findingsOf([usage, { formula: '-credit', allowNegative: true }])).toEqual([]);
  });

  it('below a discount larger than the subtotal, the subtotal is not taken to be positive', () => {
    const formula = 'subtotal + fee';
    const found = findingsOf([usage, { formula: '-cap', allowNegative: true }, { formula }]);
    expect(found).toMatchObject([{ code: 'may-be-negative', line: 'line_3', counterexample: { gb: '0' } }]);
  });

  it('a discount for each project makes nothing certain of the subtotal', () => {
    const lines: LineFixture[] = [
      usage,
      { formula: '-credit', allowNegative: true, per: 'project' },
      { formula: 'subtotal' },
    ];
    expect(findingsOf(lines)).toMatchObject([{ line: 'line_3', severity: 'error', code: 'may-be-negative' }]);
  });

  it('a cap for each project is judged alone, since it counts once per project', () => {
    const found = findingsOf([usage, { formula: 'min(0, cap - subtotal)', allowNegative: true, per: 'project' }]);
    expect(found.map(({ code }) => code)).not.toEqual([]);
  });

  it('the quantity that a line shows must be in its formula', () => {
    const found = findingsOf([{ formula: 'gb * price', quantity: 'requests' }]);
    expect(found).toMatchObject([
      { code: 'quantity-ignored', severity: 'warning', message: expect.stringMatching(/shows requests/) },
    ]);
  });
});

describe('findings about the plan as a whole', () => {
  it('metrics, parameters and rates that no formula uses are named', () => {
    const found = checkPlanDocument({
      plan: 'spare',
      title: 'Spare',
      currency: 'usd',
      metrics: { shown: { unit: 'GB', rollup: 'sum' }, spare: { unit: 'GB', rollup: 'sum' } },
      parameters: { fee: { value: '5', unit: 'usd' }, old_fee: { value: '4', unit: 'usd' } },
      rates: { old_rate: { per: 'GB', tiers: [{ upTo: null, unitPrice: '1' }] } },
      lines: [{ key: 'fee', label: 'Fee', formula: 'fee', quantity: 'shown' }],
    });
    expect(found.map(({ code, line, severity }) => [code, line, severity])).toEqual([
      ['quantity-ignored', 'fee', 'warning'],
      ['unused-metric', null, 'warning'],
      ['unused-parameter', null, 'warning'],
      ['unused-rate', null, 'warning'],
    ]);
    expect(found.slice(1).map(({ message }) => message.match(/"\w+"/)?.[0])).toEqual([
      '"spare"',
      '"old_fee"',
      '"old_rate"',
    ]);
  });

  it.each([
    ['a bound is repeated', ['10', '10', null], /not above 10/],
    ['the bounds descend', ['20', '10', null], /not above 20/],
    ['the first bound is zero', ['0', null], /not above 0/],
    ['there is no open last tier', ['10', '20'], /last tier ends at 20/],
    ['an open tier is not the last', [null, '10', null], /is open .* but is not the last/],
  ])('tiers are refused when %s', (_, bounds, message) => {
    const tiers = bounds.map((upTo) => ({ upTo, unitPrice: '1' }));
    const found = findingsOf([{ formula: 'graduated(gb, steps)' }], { steps: { per: 'GB', tiers } });
    expect(found).toMatchObject([{ code: 'tiers-unusable', severity: 'error', line: null, start: null }]);
    expect(found[0]?.message).toMatch(message);
  });

  it('a negative price is refused in a rate that a charge uses, and not in one that only credits use', () => {
    const steps = {
      per: 'GB',
      tiers: [
        { upTo: '5', unitPrice: '1', flat: '-2' },
        { upTo: null, unitPrice: '-1' },
      ],
    };
    const charge = findingsOf([{ formula: 'max(0, graduated(gb, steps))' }], { steps });
    expect(charge.filter(({ code }) => code === 'price-negative').map(({ message }) => message)).toEqual([
      expect.stringContaining('The flat of tier 1 of rate "steps" is -2.'),
      expect.stringContaining('The unitPrice of tier 2 of rate "steps" is -1.'),
    ]);
    const credit = findingsOf([{ formula: 'graduated(gb, steps)', allowNegative: true }], { steps });
    expect(credit.map(({ code }) => code)).not.toContain('price-negative');
  });

  it('while one line cannot be read, the units of the others are checked already', () => {
    const found = findingsOf([{ formula: 'gb * (price' }, { formula: 'gb' }]);
    expect(found.map(({ code, line }) => [code, line])).toEqual([
      ['syntax', 'line_1'],
      ['line-unit', 'line_2'],
    ]);
  });

  it('findings come in the order of the lines and of the places in them', () => {
    const found = findingsOf([{ formula: 'fee + 5' }, { formula: '(gb + requests) * price + (gb - 3) * price' }]);
    expect(found.map(({ line, start }) => [line, start])).toEqual([
      ['line_1', 6],
      ['line_2', 1],
      ['line_2', 32],
    ]);
  });
});
