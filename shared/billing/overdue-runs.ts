import type { Database } from '../database/database.ts';
import { billingRunListOverdue, completenessCount } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { raiseException } from '../exceptions/exceptions.ts';

/**
 * Raises an exception, once, for each run that still lacks usage after its grace. It closes nothing: only the usage, or
 * a waiver by two people, does. Returns the runs that it told of.
 */
export async function reportOverdueRuns(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  actor: string,
): Promise<readonly string[]> {
  const now = effects.now();
  if ((await database.rows(billingRunListOverdue, { now })).length === 0) return [];
  return database.transaction({ actor, why: 'the grace is over' }, async (transaction) => {
    const overdue = await transaction.rows(billingRunListOverdue, { now });
    for (const run of overdue) {
      const cells = await transaction.first(completenessCount, { from_day: run.period_from, to_day: run.period_to });
      await raiseException(transaction, effects, {
        class: 'period_incomplete',
        subject: run.run_id,
        reason: 'grace_is_over',
        detail: `${cells?.missing ?? 0} of ${cells?.required ?? 0} cells of ${run.run_id} are missing, and its grace ended at ${run.grace_until.toISOString()}; nothing is priced before they are read again or waived by two people`,
      });
    }
    return overdue.map((run) => run.run_id);
  });
}
