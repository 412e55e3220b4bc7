import { describe, expect, it } from 'vitest';
import { digest } from '../../shared/canonical/canonical-json.ts';
import { Exact } from '../../shared/exact/exact.ts';
import { rate } from '../../shared/rating/rate.ts';
import { planOf, planWith, quantities, rateDocument, ratedOrThrow, usageOf } from './rating-plan.ts';

function line(key: string, formula: string, more: object = {}): object {
  return { key, label: key, formula, ...more };
}

describe('rate', () => {
  it('promise 2: the subtotal is the sum of the rounded lines, and a line sees the rounded lines above it', () => {
    const plan = planWith({
      lines: [line('a', 'u / 3'), line('b', 'u / 3'), line('c', 'subtotal'), line('d', 'max(0, 2 - subtotal)')],
    });
    const rating = ratedOrThrow(rate(plan, usageOf({ u: '1' })));
    expect(rating.lines.map(({ amount }) => amount)).toEqual([33n, 33n, 66n, 68n]);
    expect([rating.subtotal, rating.total]).toEqual([200n, 200n]);
  });

  it('promise 6: each line names its formula, and the rating names the plan version and its parameters', () => {
    const plan = planOf('u * 2 + v', {}, { quantity: 'u' });
    const rating = ratedOrThrow(rate(plan, usageOf({ u: '3', v: '0.5' })));
    expect(rating).toMatchObject({ planDigest: plan.planDigest, parametersDigest: plan.parametersDigest });
    expect(rating.lines[0]).toMatchObject({
      formula: { text: 'u * 2 + v', digest: digest('u * 2 + v') },
      quantity: Exact.of(3n),
      inputs: new Map([
        ['u', Exact.of(3n)],
        ['v', Exact.parse('0.5')],
      ]),
    });
  });

  it('records lines of zero', () => {
    const rating = ratedOrThrow(rate(planOf('u * 2'), usageOf({})));
    expect(rating.lines).toMatchObject([{ key: 'usage', amount: 0n, exact: Exact.zero }]);
  });

  it('rates active days of the period', () => {
    const usage = { ...usageOf({}), activeDays: 10, periodDays: 31 };
    expect(ratedOrThrow(rate(planOf('1500 * active_days / period_days'), usage)).total).toBe(48387n);
  });

  it('takes a discount where the line allows it', () => {
    const plan = planWith({ lines: [line('a', 'u'), line('off', '-(subtotal * 0.2)', { allowNegative: true })] });
    const rating = ratedOrThrow(rate(plan, usageOf({ u: '3' })));
    expect(rating.lines.map(({ amount }) => amount)).toEqual([300n, -60n]);
    expect(rating.total).toBe(240n);
  });
});

describe('rate, per project', () => {
  const plan = planWith({
    lines: [
      line('fee', '10'),
      line('use', 'u + subtotal', { per: 'project', quantity: 'u' }),
      line('all', 'u + subtotal'),
    ],
  });
  const usage = usageOf({ u: '6' }, { beta: { u: '1' }, Alpha: { u: '2' }, alpha: { u: '3' } });

  it('lists a line for each project in the order of their ids, then the customer total', () => {
    const rating = ratedOrThrow(rate(plan, usage));
    expect(
      rating.lines.map(({ key, project, quantity, amount }) => [key, project, quantity?.toString() ?? null, amount]),
    ).toEqual([
      ['fee', null, null, 1000n],
      ['use', 'Alpha', '2', 1200n],
      ['use', 'alpha', '3', 1300n],
      ['use', 'beta', '1', 1100n],
      ['all', null, null, 600n + 4600n],
    ]);
  });

  it('promise 13: does not depend on the order in which projects and metrics come', () => {
    const reversed = {
      ...usage,
      totals: new Map([...usage.totals].reverse()),
      projects: new Map([...usage.projects].reverse()),
    };
    expect(rate(plan, reversed)).toEqual(rate(plan, usage));
  });

  it('has no such line without projects', () => {
    expect(ratedOrThrow(rate(plan, usageOf({ u: '6' }))).lines.map(({ key }) => key)).toEqual(['fee', 'all']);
  });

  it('promise 3: refuses a project without one of the metrics, and rates it where no line looks at projects', () => {
    const partial = { ...usage, projects: new Map([['p1', new Map([['u', Exact.one]])]]) };
    expect(rate(plan, partial)).toMatchObject({ kind: 'refused', reason: 'missing_metric', project: 'p1', line: null });
    expect(rate(planOf('u'), partial).kind).toBe('rated');
  });
});

describe('rate refuses', () => {
  it.each([
    [
      'division_by_zero',
      '10 / u',
      'line usage: "10 / u" divides by "u", which is 0 for this usage; correct the formula or the usage',
    ],
    [
      'division_by_zero',
      'package(v, u, 3)',
      'line usage: "package(v, u, 3)" has packages of size 0; correct the formula or the usage',
    ],
    [
      'package_size_not_positive',
      'package(v, u - 1, 3)',
      'line usage: "package(v, u - 1, 3)" has packages of size -1; correct the formula or the usage',
    ],
    [
      'negative_quantity',
      'graduated(u - 1, r)',
      'line usage: "graduated(u - 1, r)" gets the quantity -1; a quantity cannot be negative; correct the formula or the usage',
    ],
    [
      'negative_quantity',
      'volume(u - 0.5, r)',
      'line usage: "volume(u - 0.5, r)" gets the quantity -0.5; a quantity cannot be negative; correct the formula or the usage',
    ],
    [
      'negative_quantity',
      'package(u - 1, 2, 3)',
      'line usage: "package(u - 1, 2, 3)" gets the quantity -1; a quantity cannot be negative; correct the formula or the usage',
    ],
    [
      'negative_line',
      'u - 0.001',
      'line usage: the amount would be -0.001; correct the formula, or set allowNegative for a discount',
    ],
    [
      'amount_out_of_range',
      '1e20',
      'line usage brings the invoice beyond 9223372036854775807 minor units; correct the prices or the usage',
    ],
  ])('%s: %s', (reason, formula, detail) => {
    const plan = planOf(formula, { rates: { r: rateDocument([[null, '1']]) } });
    expect(rate(plan, usageOf({ u: '0' }))).toEqual({ kind: 'refused', reason, line: 'usage', project: null, detail });
  });

  it('promise 3: usage that lacks a metric of the plan, even one that no formula names', () => {
    const usage = { ...usageOf({}), totals: new Map([['u', Exact.one]]) };
    expect(rate(planOf('u'), usage)).toEqual({
      kind: 'refused',
      reason: 'missing_metric',
      line: null,
      project: null,
      detail: 'there is no v for the customer; missing usage is never zero, so complete the usage first',
    });
  });

  it('negative usage, of the customer or of a project', () => {
    const detail = 'u of the customer is -0.1; usage cannot be negative, so correct its source';
    expect(rate(planOf('u'), usageOf({ u: '-0.1' }))).toMatchObject({ reason: 'negative_usage', detail });
    const perProject = planOf('u', {}, { per: 'project' });
    expect(rate(perProject, usageOf({ u: '1' }, { p1: { u: '-1' } }))).toMatchObject({
      reason: 'negative_usage',
      project: 'p1',
    });
  });

  it('names the project of a refused line', () => {
    const rating = rate(
      planOf('1 / u', {}, { per: 'project' }),
      usageOf({ u: '1' }, { p1: { u: '1' }, p2: { u: '0' } }),
    );
    expect(rating).toMatchObject({
      reason: 'division_by_zero',
      line: 'usage',
      project: 'p2',
      detail: expect.stringContaining('line usage of project p2: '),
    });
  });

  it('promise 22: numbers that grow beyond the cost limit, within milliseconds', () => {
    const factors = Array.from({ length: 200 }, () => 'u').join(' * ');
    const quotients = Array.from({ length: 200 }, () => 'u').join(' / ');
    const start = performance.now();
    for (const formula of [factors, quotients, `max(1, ${factors})`, `${factors} > 1 ? 1 : 2`]) {
      expect(rate(planOf(formula), usageOf({ u: `0.${'3'.repeat(37)}7` }))).toMatchObject({
        reason: 'cost_limit',
        line: 'usage',
      });
    }
    expect(performance.now() - start).toBeLessThan(500);
  });

  it('promise 22: a subtotal cannot grow from line to line without end', () => {
    const lines = Array.from({ length: 200 }, (_each, index) =>
      line(`line_${index}`, 'subtotal * subtotal * subtotal + 1000'),
    );
    expect(rate(planWith({ lines }), usageOf({}))).toMatchObject({
      kind: 'refused',
      reason: 'amount_out_of_range',
      line: 'line_2',
    });
  });

  it('nothing at the largest amount, and the smallest step beyond it', () => {
    expect(ratedOrThrow(rate(planOf('u'), usageOf({ u: '92233720368547758.07' }))).total).toBe(2n ** 63n - 1n);
    expect(rate(planOf('u'), usageOf({ u: '92233720368547758.075' }))).toMatchObject({ reason: 'amount_out_of_range' });
  });

  it.each([
    [31, 30],
    [-1, 30],
    [0, 0],
    [1.5, 30],
    [Number.NaN, 30],
  ])('%s of %s days with an exception: no segment has them', (activeDays, periodDays) => {
    expect(() => rate(planOf('u'), { totals: quantities({}), projects: new Map(), activeDays, periodDays })).toThrow(
      RangeError,
    );
  });
});

describe('details', () => {
  const rates = {
    r: rateDocument([
      ['10', '1.001', '1'],
      ['20', '0.501'],
      [null, '0.25'],
    ]),
  };

  function details(formula: string, u: string): unknown[] {
    const [rated] = ratedOrThrow(
      rate(planOf(formula, { rates }, { allowNegative: true }), usageOf({ u, v: '5' })),
    ).lines;
    return (rated?.details ?? []).map(
      ({ key, label, quantity, exact, amount }) => `${key}, ${label}: ${quantity ?? '-'} → ${exact} → ${amount}`,
    );
  }

  it('of graduated: the tiers that the quantity reaches', () => {
    expect(details('graduated(u, r)', '25')).toEqual([
      'tier_1, up to 10: 10 → 11.01 → 1101',
      'tier_2, over 10 up to 20: 10 → 5.01 → 501',
      'tier_3, over 20: 5 → 1.25 → 125',
    ]);
    expect(details('graduated(u, r)', '0')).toEqual(['tier_1, up to 10: 0 → 0 → 0']);
  });

  it('of volume: the one tier', () => {
    expect(details('volume(u, r)', '15')).toEqual(['tier_2, over 10 up to 20: 15 → 7.515 → 752']);
  });

  it('of package: the packages', () => {
    expect(details('package(u, 10, 0.333)', '15')).toEqual(['packages, packages of 10: 2 → 0.666 → 67']);
  });

  it('of a sum: each term, and the odd cent goes to the largest remainder', () => {
    expect(details('graduated(u, r) + v * 0.0011 - package(u, 10, 1)', '5')).toEqual([
      'term_1.tier_1, up to 10: 5 → 6.005 → 600',
      'term_2, v * 0.0011: - → 0.0055 → 1',
      'term_3.packages, packages of 10: 1 → -1 → -100',
    ]);
  });

  it('of a choice: the chosen branch', () => {
    expect(details('u > 10 ? graduated(u, r) : v', '5')).toEqual(['term, v: - → 5 → 500']);
    expect(details('u > 10 ? volume(u, r) : v', '12')).toEqual(['tier_2, over 10 up to 20: 12 → 6.012 → 601']);
  });

  it.each(['max(5, graduated(u, r))', 'graduated(u, r) * 2', 'u * 2', '5'])(
    '%s has none: it is shown whole',
    (formula) => {
      expect(details(formula, '15')).toEqual([]);
    },
  );
});
