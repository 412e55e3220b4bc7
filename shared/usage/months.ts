import type { UtcDay } from '../calendar/utc-day.ts';
import type { Reader } from '../database/database.ts';
import { usagePartitionPrepare } from '../database/queries.generated.ts';
import { sqlStateOf } from '../database/sqlstate.ts';

export type MonthOpening =
  | { readonly kind: 'open' }
  /** The month is sealed, or its rows are gone; the reason says which, and what can be done instead. */
  | { readonly kind: 'refused'; readonly reason: string };

/** What the database answers for a day of a month that takes no usage any more. */
const CLOSED = 'DB005';

/** Makes sure that the day has a partition that takes its rows, and those of the next quarter. Safe to repeat. */
export async function openMonth(reader: Reader, day: UtcDay): Promise<MonthOpening> {
  try {
    await reader.rows(usagePartitionPrepare, { day });
    return { kind: 'open' };
  } catch (error) {
    if (!(error instanceof Error) || sqlStateOf(error) !== CLOSED) throw error;
    const hint = 'hint' in error && typeof error.hint === 'string' ? `. ${error.hint.replace(/\.$/, '')}` : '';
    return { kind: 'refused', reason: `${error.message}${hint}` };
  }
}
