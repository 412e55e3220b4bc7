import type { Transaction } from '../database/database.ts';
import { roleGiveBack, roleTakeChecker } from '../database/queries.generated.ts';

/**
 * Runs statements as the one role that may record what a check or a backtest found. Only code that has just run the
 * check or the backtest calls it: the database cannot run them, so it trusts this role and no other.
 */
export async function asChecker<T>(transaction: Transaction, work: () => Promise<T>): Promise<T> {
  const taken = await transaction.first(roleTakeChecker, {});
  const result = await work();
  await transaction.rows(roleGiveBack, { role: taken?.before ?? 'none' });
  return result;
}
