import type { Database, Intent, Reader } from '../database/database.ts';
import { roleTakeVisibility } from '../database/queries.generated.ts';

/**
 * Runs statements in the one role that sees today's snapshots. It can write nothing that is billed, and the role in which
 * runs are rated cannot see what it sees: provisional usage cannot come into an invoice.
 */
export function asVisibility<T>(database: Database, intent: Intent, work: (reader: Reader) => Promise<T>): Promise<T> {
  return database.transaction(intent, async (transaction) => {
    await transaction.rows(roleTakeVisibility, {});
    return work(transaction);
  });
}
