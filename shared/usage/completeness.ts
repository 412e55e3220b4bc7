import type { UtcDay } from '../calendar/utc-day.ts';
import type { Reader } from '../database/database.ts';
import { completenessCount, completenessListCells } from '../database/queries.generated.ts';
import type { Cell } from './cell.ts';

/** What there is for one required cell. Only `complete` and `waived` let a period be priced (promise 3). */
export type CellState =
  | {
      readonly kind: 'complete';
      readonly checkpointId: bigint;
      readonly revision: number;
      readonly rowCount: number;
      readonly total: string;
    }
  | { readonly kind: 'waived'; readonly why: string }
  | { readonly kind: 'running' }
  | { readonly kind: 'failed'; readonly reason: string; readonly detail: string }
  | { readonly kind: 'missing' };

export interface RequiredCell extends Cell {
  readonly state: CellState;
}

/** Days are half-open: `from` is in, `to` is not. */
export interface Days {
  readonly from: UtcDay;
  readonly to: UtcDay;
}

/** Every cell that the days require, by region, source and day. */
export async function completenessOf(reader: Reader, days: Days): Promise<readonly RequiredCell[]> {
  const rows = await reader.rows(completenessListCells, { from_day: days.from, to_day: days.to });
  return rows.map((row) => ({
    region: row.region,
    source: row.source_id,
    day: row.day as UtcDay,
    state: stateOf(row),
  }));
}

/** Whether nothing is missing. Days that require nothing at all are not complete: nobody has configured them. */
export async function isComplete(reader: Reader, days: Days): Promise<boolean> {
  const count = await reader.first(completenessCount, { from_day: days.from, to_day: days.to });
  return count !== undefined && count.required > 0 && count.missing === 0;
}

function stateOf(row: {
  readonly checkpoint_id: bigint | null;
  readonly revision: number | null;
  readonly row_count: number | null;
  readonly total: string | null;
  readonly waived_because: string | null;
  readonly last_status: string | null;
  readonly failure_reason: string | null;
  readonly failure_detail: string | null;
}): CellState {
  if (row.checkpoint_id !== null) {
    return {
      kind: 'complete',
      checkpointId: row.checkpoint_id,
      revision: row.revision ?? 0,
      rowCount: row.row_count ?? 0,
      total: row.total ?? '0',
    };
  }
  if (row.waived_because !== null) return { kind: 'waived', why: row.waived_because };
  if (row.last_status === 'running') return { kind: 'running' };
  if (row.last_status === 'failed') {
    return { kind: 'failed', reason: row.failure_reason ?? 'unknown', detail: row.failure_detail ?? '' };
  }
  return { kind: 'missing' };
}
