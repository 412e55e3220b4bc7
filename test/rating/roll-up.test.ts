import { describe, expect, it } from 'vitest';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { Exact } from '../../shared/exact/exact.ts';
import type { Rollup } from '../../shared/plans/plan-document.ts';
import { rollUp, type UsageQuantity } from '../../shared/rating/roll-up.ts';

const segment = { from: utcDay('2026-10-01'), to: utcDay('2026-10-05') };

function row(day: number, project: string, region: string, quantity: string, metric = 'm'): UsageQuantity {
  return { day: utcDay(`2026-10-0${day}`), project, region, metric, quantity: Exact.parse(quantity) };
}

/** Day totals 1: 10 + 2 + 3 = 15, 2: 20, 3: none, 4: 1 + 5 = 6. */
const ROWS = [
  row(1, 'p1', 'eu', '10'),
  row(1, 'p1', 'us', '2'),
  row(1, 'p2', 'eu', '3'),
  row(2, 'p2', 'us', '20'),
  row(4, 'p1', 'eu', '1'),
  row(4, 'p2', 'eu', '5'),
];

function figures(rollup: Rollup, divisor = '1', rows: readonly UsageQuantity[] = ROWS): Record<string, string> {
  const { totals, projects } = rollUp(rows, new Map([['m', { rollup, divisor: Exact.parse(divisor) }]]), segment);
  const named = [['total', totals] as const, ...projects];
  return Object.fromEntries(named.map(([name, quantities]) => [name, quantities.get('m')?.toString() ?? 'missing']));
}

describe('rollUp', () => {
  it.each<[string, Rollup, object]>([
    ['sum: 15 + 20 + 0 + 6 = 41', 'sum', { total: '41', p1: '13', p2: '28' }],
    ['max of the day totals 15, 20, 0, 6 is 20; p1 has at most 12', 'max', { total: '20', p1: '12', p2: '20' }],
    ['mean: 41 / 4 days = 10.25', 'mean', { total: '10.25', p1: '3.25', p2: '7' }],
    ['last: the total of day 4 is 6', 'last', { total: '6', p1: '1', p2: '5' }],
  ])('%s', (_arithmetic, rollup, wanted) => {
    expect(figures(rollup)).toEqual(wanted);
  });

  it('divides by the divisor of the metric, exactly: 41 GB-seconds are 41/3600 GB-hours', () => {
    expect(figures('sum', '3600').total).toBe('41/3600');
    expect(figures('mean', '3600').total).toBe('41/14400');
  });

  it('gives 0 for a last day without usage and for no usage at all', () => {
    expect(figures('last', '1', ROWS.slice(0, 4))).toEqual({ total: '0', p1: '0', p2: '0' });
    for (const rollup of ['sum', 'max', 'mean', 'last'] as const)
      expect(figures(rollup, '1', [])).toEqual({ total: '0' });
  });

  it('gives each project every metric, also those that it did not use', () => {
    const metrics = new Map([
      ['m', { rollup: 'sum', divisor: Exact.one }] as const,
      ['n', { rollup: 'max', divisor: Exact.one }] as const,
    ]);
    expect(rollUp(ROWS, metrics, segment).projects.get('p1')).toEqual(
      new Map([
        ['m', Exact.of(13n)],
        ['n', Exact.zero],
      ]),
    );
  });

  it('promise 5: gives back each row that is in no figure, with the reason', () => {
    const [other, late] = [row(1, 'p1', 'eu', '9', 'unknown'), row(5, 'p1', 'eu', '9')];
    const metrics = new Map([['m', { rollup: 'sum', divisor: Exact.one }] as const]);
    const rolled = rollUp([...ROWS, other, late], metrics, segment);
    expect(rolled.excluded).toEqual([
      { row: other, reason: 'metric_not_in_plan' },
      { row: late, reason: 'outside_segment' },
    ]);
    expect(rolled.totals.get('m')).toEqual(Exact.of(41n));
  });

  it('refuses a segment without days', () => {
    expect(() => rollUp(ROWS, new Map(), { from: segment.from, to: segment.from })).toThrow(RangeError);
  });
});
