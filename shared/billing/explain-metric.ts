import { type DayRange, rangeContains, utcDay } from '../calendar/utc-day.ts';
import { Exact } from '../exact/exact.ts';
import { rollUp } from '../rating/roll-up.ts';
import { nameOf } from './explain-checkpoints.ts';
import type { MetricExplanation, Recomputation } from './explanation.ts';
import type { KeptCharge, MeasuredMetric, PinnedUsage, RestingInvoice } from './rest-of-invoice.ts';

/** The rows, the roll-up and the checkpoints behind a metric's figure in one line. Promise 5, shown row by row. */
export function explainMetric(
  rest: RestingInvoice,
  charge: KeptCharge,
  name: string,
  billed: string,
): MetricExplanation {
  const measured = rest.metrics.get(name);
  if (measured === undefined)
    throw new Error(`line ${charge.line_key} has the value ${name}, which is neither a parameter nor a metric`);
  const segment: DayRange = { from: utcDay(charge.segment_from), to: utcDay(charge.segment_to) };
  const rows = rest.usage.filter(
    (row) =>
      row.metric === name &&
      rangeContains(segment, row.day) &&
      (charge.project_id === null || row.project === charge.project_id),
  );
  const checkpoints = rest.checkpoints.filter(
    (checkpoint) => checkpoint.metric === name && rangeContains(segment, utcDay(checkpoint.day)),
  );
  const names = new Map(checkpoints.map((checkpoint) => [checkpoint.checkpoint_id, nameOf(checkpoint)]));
  return {
    kind: 'metric',
    name,
    title: measured.title,
    unit: measured.unit,
    rollup: measured.rollup,
    divisor: measured.divisor.toString(),
    statement: statementOf(measured, segment, charge.project_id),
    basis: rest.gone === null ? 'rows' : 'document',
    value:
      rest.gone === null
        ? recomputedValue(rows, name, measured, segment, billed)
        : compared(billed, rest.documentLines.get(charge.line_key)?.inputs[name] ?? null),
    rows: rows.map(({ project, region, day, quantity, checkpointId }) => ({
      project,
      region,
      day,
      quantity: quantity.toString(),
      checkpoint: names.get(checkpointId) ?? `checkpoint ${checkpointId}`,
    })),
    days: dayTotals(rows),
    checkpoints: [...names.values()],
  };
}

function recomputedValue(
  rows: readonly PinnedUsage[],
  name: string,
  measured: MeasuredMetric,
  segment: DayRange,
  billed: string,
): Recomputation {
  const rolledUp = rollUp(rows, new Map([[name, measured]]), segment);
  return compared(billed, rolledUp.totals.get(name)?.toString() ?? null);
}

function dayTotals(rows: readonly PinnedUsage[]): { readonly day: string; readonly total: string }[] {
  return [...Map.groupBy(rows, (row) => row.day)]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([day, ofDay]) => ({ day, total: ofDay.reduce((sum, row) => sum.add(row.quantity), Exact.zero).toString() }));
}

function statementOf({ rollup, divisor }: MeasuredMetric, segment: DayRange, project: string | null): string {
  const day =
    project === null
      ? "each day's total over projects and regions"
      : `each day's total of project ${project} over regions`;
  const days = `the days from ${segment.from} until ${segment.to}`;
  const divided = divisor.equals(Exact.one) ? '' : `, divided by ${divisor.toString()}`;
  switch (rollup) {
    case 'sum':
      return `${day}, added up over ${days}${divided}`;
    case 'max':
      return `${day}, the greatest of ${days}${divided}`;
    case 'mean':
      return `${day}, added up over ${days} and divided by their number${divided}`;
    case 'last':
      return `${day}, on the last of ${days}${divided}`;
    default:
      return rollup satisfies never;
  }
}

/** A billed figure beside the one computed now; null when it cannot be computed. */
export function compared(billed: string, recomputed: string | null): Recomputation {
  return { billed, recomputed, matches: billed === recomputed };
}
