import type { UtcDay } from '../calendar/utc-day.ts';
import { type Digest, digestOf } from '../canonical/canonical-json.ts';
import type { Transaction } from '../database/database.ts';
import { projectOwnershipListOnDay, usageDailyInsert } from '../database/queries.generated.ts';
import { Exact } from '../exact/exact.ts';
import type { UsageRow } from '../sources/reading.ts';
import type { Cell } from './cell.ts';

/** A row with who owned its project on that day; null is usage of nobody's, which is kept and named. */
export interface OwnedRow extends UsageRow {
  readonly customer: string | null;
}

const BATCH = 5_000;

/** Looks the owners up once, so that a corrected ownership makes other data of the same reading. */
export async function withOwners(
  transaction: Transaction,
  day: UtcDay,
  rows: readonly UsageRow[],
): Promise<readonly OwnedRow[]> {
  const owners = new Map<string, string>();
  for (const batch of batchesOf(rows)) {
    const found = await transaction.rows(projectOwnershipListOnDay, {
      day,
      project_ids: batch.map((row) => row.project),
    });
    for (const { project_id, customer_id } of found) owners.set(project_id, customer_id);
  }
  return rows.map((row) => ({ ...row, customer: owners.get(row.project) ?? null }));
}

/** Writes the rows of an attempt, a batch a statement. */
export async function insertRows(
  transaction: Transaction,
  attempt: { readonly id: bigint; readonly cell: Cell; readonly source: { readonly metric: string } },
  rows: readonly OwnedRow[],
): Promise<void> {
  for (const batch of batchesOf(rows)) {
    await transaction.rows(usageDailyInsert, {
      day: attempt.cell.day,
      checkpoint_id: attempt.id,
      region: attempt.cell.region,
      metric: attempt.source.metric,
      project_ids: batch.map((row) => row.project),
      customer_ids: batch.map((row) => row.customer),
      quantities: batch.map((row) => row.quantity),
    });
  }
}

/** The digest of what was counted and for whom, independent of the order in which the source answered (promise 13). */
export function usageDigest(
  cell: Cell,
  source: { readonly metric: string; readonly configurationDigest: string },
  rows: readonly OwnedRow[],
): Digest {
  const sorted = rows
    .map((row): [string, string | null, string] => [row.project, row.customer, row.quantity])
    .sort(([a], [b]) => (a < b ? -1 : 1));
  return digestOf({ ...cell, metric: source.metric, configuration: source.configurationDigest, rows: sorted });
}

/** The sum of the quantities, as a decimal. */
export function totalOf(rows: readonly UsageRow[]): string {
  return rows.reduce((sum, row) => sum.add(Exact.parse(row.quantity)), Exact.zero).toString();
}

function* batchesOf<Row>(rows: readonly Row[]): Generator<readonly Row[]> {
  for (let from = 0; from < rows.length; from += BATCH) yield rows.slice(from, from + BATCH);
}
