import type { Reader, Transaction } from '../database/database.ts';
import { metricFind, metricInsert, metricList, type Rollup } from '../database/queries.generated.ts';
import { exactOf, parseDecimal } from '../exact/decimal.ts';
import { Exact } from '../exact/exact.ts';
import { nameProblem } from '../plans/names.ts';
import type { PlanDocument } from '../plans/plan-document.ts';
import { equalUnits, parseUnit } from '../plans/unit.ts';
import { ADDED, type Addition, existingRow, refused, sameOrRefused } from './addition.ts';

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

/** Adds a metric. Its name is one that formulas can use. */
export async function addMetric(transaction: Transaction, given: Metric): Promise<Addition> {
  const subject = `metric ${given.metric}`;
  const problem =
    nameProblem(given.metric) ??
    (/^[a-z][a-z0-9_]{0,62}$/.test(given.metric)
      ? undefined
      : `"${given.metric}" cannot name a metric; write lower-case letters, digits and _, at most 63`);
  if (problem !== undefined) return refused('invalid', problem);
  const unit = parseUnit(given.unit);
  if (unit.kind === 'refused') return refused('invalid', `${subject}: ${unit.detail}`);
  const divisor = parseDecimal(given.divisor);
  if (divisor.kind === 'refused') return refused('invalid', `${subject}: ${divisor.detail}`);
  if (exactOf(divisor.value).sign() <= 0) return refused('invalid', `${subject}: the divisor must be above 0`);
  const row = { ...given, divisor: divisor.value };
  if (await transaction.first(metricInsert, row)) return ADDED;
  const existing = existingRow(await transaction.first(metricFind, { metric: given.metric }), subject);
  return sameOrRefused(subject, row, { ...existing, divisor: plain(existing.divisor) });
}

/** The database keeps the zeros that a numeric was written with. */
function plain(numeric: string): string {
  return Exact.parse(numeric).toString();
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
