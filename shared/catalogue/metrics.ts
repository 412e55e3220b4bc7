import type { Reader } from '../database/database.ts';
import { metricList, type Rollup } from '../database/queries.generated.ts';
import { Exact } from '../exact/exact.ts';
import type { PlanDocument } from '../plans/plan-document.ts';
import { equalUnits, parseUnit } from '../plans/unit.ts';
import { addDefinition, type Review, type ReviewedAddition } from './definitions.ts';
import type { CatalogueDeps } from './deps.ts';

export interface Metric {
  readonly metric: string;
  readonly title: string;
  /** The billed unit, as plans write it: `request`, `GB*h`. */
  readonly unit: string;
  /** How day totals become the figure of a period. */
  readonly rollup: Rollup;
  /** Source units in one billed unit, above 0; a decimal. */
  readonly divisor: string;
}

/** Adds a metric, reviewed. Its name is one that formulas can use. The same again changes nothing. */
export function addMetric(deps: CatalogueDeps, given: Metric, review: Review): Promise<ReviewedAddition> {
  return addDefinition(deps, { kind: 'metric', ...given }, review);
}

/** What rating needs of every metric, by name. */
export type CollectedMetrics = ReadonlyMap<
  string,
  { readonly unit: string; readonly rollup: Rollup; readonly divisor: Exact }
>;

export async function collectedMetrics(reader: Reader): Promise<CollectedMetrics> {
  const rows = await reader.rows(metricList, {});
  return new Map(
    rows.map(({ metric, unit, rollup, divisor }) => [metric, { unit, rollup, divisor: Exact.parse(divisor) }]),
  );
}

/**
 * Where a plan does not fit what is collected: a metric that nothing measures would bill zero, and another unit or
 * roll-up would bill another figure. One sentence each.
 */
export function metricProblems(plan: PlanDocument, collected: CollectedMetrics): string[] {
  return Object.entries(plan.metrics).flatMap(([metric, { unit, rollup }]) => {
    const known = collected.get(metric);
    if (known === undefined)
      return [
        `nothing collects the metric ${metric}; use one of ${[...collected.keys()].join(', ') || 'those that are added first'}`,
      ];
    const problems: string[] = [];
    if (!sameUnit(unit, known.unit))
      problems.push(`metric ${metric} is collected in ${known.unit}, and the plan says ${unit}`);
    if (rollup !== known.rollup)
      problems.push(`metric ${metric} is rolled up by ${known.rollup}, and the plan says ${rollup}`);
    return problems;
  });
}

function sameUnit(a: string, b: string): boolean {
  const [one, other] = [parseUnit(a), parseUnit(b)];
  return one.kind !== 'refused' && other.kind !== 'refused' && equalUnits(one.unit, other.unit);
}
