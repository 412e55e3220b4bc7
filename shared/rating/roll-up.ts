import { type DayRange, daysBetween, daysOf, rangeContains, type UtcDay } from '../calendar/utc-day.ts';
import { Exact } from '../exact/exact.ts';
import type { Rollup } from '../plans/plan-document.ts';
import type { Quantities } from './rating.ts';

/** What one project used of one metric on one day in one region, in the source's unit. */
export interface UsageQuantity {
  readonly day: UtcDay;
  readonly project: string;
  readonly region: string;
  readonly metric: string;
  readonly quantity: Exact;
  /** How many rows of checkpoints it stands for, when regions were added up before; otherwise it is one row. */
  readonly rows?: number;
}

export interface MetricRollup {
  readonly rollup: Rollup;
  /** Source units in one billed unit, above 0: 3600 when the source gives GB-seconds and the plan bills GB-hours. */
  readonly divisor: Exact;
}

/** A row that is in no figure, and why. */
export interface ExcludedUsage {
  readonly row: UsageQuantity;
  readonly reason: 'outside_segment' | 'metric_not_in_plan';
}

export interface RolledUpUsage {
  readonly totals: Quantities;
  readonly projects: ReadonlyMap<string, Quantities>;
  readonly excluded: readonly ExcludedUsage[];
}

/** Day totals of one owner (the customer, or one project) by metric. */
type DayTotals = Map<string, Map<UtcDay, Exact>>;

function addTo(totals: DayTotals, row: UsageQuantity): void {
  const days = totals.get(row.metric) ?? new Map<UtcDay, Exact>();
  days.set(row.day, (days.get(row.day) ?? Exact.zero).add(row.quantity));
  totals.set(row.metric, days);
}

function rollUpDays(rollup: Rollup, days: ReadonlyMap<UtcDay, Exact>, segment: DayRange): Exact {
  const sum = () => [...days.values()].reduce((total, day) => total.add(day), Exact.zero);
  switch (rollup) {
    case 'sum':
      return sum();
    case 'mean':
      return sum().divide(Exact.of(BigInt(daysBetween(segment.from, segment.to))));
    case 'max':
      return [...days.values()].reduce(Exact.max, Exact.zero);
    case 'last':
      return days.get(daysOf(segment).at(-1) ?? segment.from) ?? Exact.zero;
    default:
      return rollup satisfies never;
  }
}

function figuresOf(totals: DayTotals, metrics: ReadonlyMap<string, MetricRollup>, segment: DayRange): Quantities {
  return new Map(
    [...metrics].map(([metric, { rollup, divisor }]) => {
      return [metric, rollUpDays(rollup, totals.get(metric) ?? new Map(), segment).divide(divisor)];
    }),
  );
}

/**
 * Turns daily usage into the figures of a segment.
 *
 * For the customer, first each day's total over projects and regions; then over the days of the segment:
 *   sum   the day totals added up
 *   max   the greatest day total
 *   mean  the day totals added up, divided by the number of days of the segment
 *   last  the total of the segment's last day
 * and then divided by the metric's divisor. For each project the same, from the project's own rows only; so the
 * projects' figures add up to the customer's for sum, mean and last, but not for max.
 *
 * A day without rows counts as 0, because the usage was found complete before it is rolled up; a project is listed when
 * it has any row in the segment. Rows of other days or of metrics that the plan does not have are given back.
 * Throws RangeError when the segment has no day.
 */
export function rollUp(
  rows: Iterable<UsageQuantity>,
  metrics: ReadonlyMap<string, MetricRollup>,
  segment: DayRange,
): RolledUpUsage {
  if (daysBetween(segment.from, segment.to) < 1)
    throw new RangeError(`the segment from ${segment.from} to ${segment.to} has no day`);
  const customer: DayTotals = new Map();
  const projects = new Map<string, DayTotals>();
  const excluded: ExcludedUsage[] = [];
  for (const row of rows) {
    if (!rangeContains(segment, row.day)) excluded.push({ row, reason: 'outside_segment' });
    else if (!metrics.has(row.metric)) excluded.push({ row, reason: 'metric_not_in_plan' });
    else {
      const project = projects.get(row.project) ?? new Map();
      projects.set(row.project, project);
      addTo(project, row);
      addTo(customer, row);
    }
  }
  return {
    totals: figuresOf(customer, metrics, segment),
    projects: new Map([...projects].map(([project, totals]) => [project, figuresOf(totals, metrics, segment)])),
    excluded,
  };
}
