import { type BillingPeriod, previousPeriod } from '../calendar/billing-period.ts';
import type { Reader } from '../database/database.ts';
import { chargeListDifferences } from '../database/queries.generated.ts';
import { seriesOf } from './pinned-run.ts';

/** Why a line bills another amount than in the last period. */
export type DifferenceReason =
  | 'line_added'
  | 'line_removed'
  | 'quantity_changed'
  | 'price_changed'
  | 'quantity_and_price_changed';

export interface LineDifference {
  readonly line: string;
  readonly label: string;
  readonly project: string | null;
  readonly reason: DifferenceReason;
  /** Minor units; null where there was, or is, no such line. */
  readonly old: bigint | null;
  readonly new: bigint | null;
  /** Exact, as written; segments of a period apart. */
  readonly oldQuantity: string | null;
  readonly newQuantity: string | null;
}

/** A customer whose amount differs from the last period's. */
export interface CustomerDifference {
  readonly customer: string;
  readonly customerName: string;
  readonly currency: string;
  /** Minor units; null for a customer that is new, or gone. */
  readonly old: bigint | null;
  readonly new: bigint | null;
  readonly change: bigint;
  /** The largest change first. */
  readonly lines: readonly LineDifference[];
}

/**
 * What a run bills otherwise than the last period did, customer by customer and line by line, the largest change first.
 * Derived from the charges, so that it is always that of the live invoices; what was never billed shows no difference.
 */
export async function readDifferences(
  reader: Reader,
  run: { readonly runId: string; readonly period: BillingPeriod; readonly contractId: string | null },
): Promise<readonly CustomerDifference[]> {
  const rows = await reader.rows(chargeListDifferences, {
    run_id: run.runId,
    series: seriesOf(run.contractId),
    previous_period: previousPeriod(run.period),
  });
  const groups = [...Map.groupBy(rows, (row) => `${row.customer_id} ${row.currency}`).values()];
  return groups
    .flatMap((group) => {
      const [first] = group;
      if (first === undefined) return [];
      const { customer_id: customer, customer_name: customerName, currency, old_total: old, new_total: next } = first;
      const lines = group.map(lineOf).sort((a, b) => byMagnitude(changeOf(a), changeOf(b)));
      return [{ customer, customerName, currency, old, new: next, change: (next ?? 0n) - (old ?? 0n), lines }];
    })
    .sort((a, b) => byMagnitude(a.change, b.change) || (a.customer < b.customer ? -1 : 1));
}

type Row = NonNullable<(typeof chargeListDifferences)['row']>;

function lineOf(row: Row): LineDifference {
  return {
    line: row.line,
    label: row.label,
    project: row.project === '' ? null : row.project,
    reason: reasonOf(row),
    old: row.old_amount,
    new: row.new_amount,
    oldQuantity: row.old_quantity === '' ? null : row.old_quantity,
    newQuantity: row.new_quantity === '' ? null : row.new_quantity,
  };
}

function reasonOf(row: Row): DifferenceReason {
  if (row.old_amount === null) return 'line_added';
  if (row.new_amount === null) return 'line_removed';
  if (row.same_terms) return 'quantity_changed';
  return row.old_quantity === row.new_quantity ? 'price_changed' : 'quantity_and_price_changed';
}

function changeOf(line: LineDifference): bigint {
  return (line.new ?? 0n) - (line.old ?? 0n);
}

/** The larger one first, whatever its sign. */
function byMagnitude(a: bigint, b: bigint): number {
  const [left, right] = [a < 0n ? -a : a, b < 0n ? -b : b];
  return left > right ? -1 : left < right ? 1 : 0;
}
