import type { Transaction } from '../database/database.ts';
import { usageDailyListUnbilled } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { raiseException, resolveException } from '../exceptions/exceptions.ts';

/** Projects and metrics that the exception names; the others are counted. */
const SHOWN = 10;

/**
 * Promise 5: usage that is in no line is named with a reason, never passed over. `billable` are the run's customers;
 * null when it is known already that every pinned row belongs to one of them.
 */
export async function reportUnbilledUsage(
  transaction: Transaction,
  effects: Effects,
  run: { readonly runId: string; readonly period: string },
  billable: readonly string[] | null,
): Promise<void> {
  const unbilled =
    billable === null ? [] : await transaction.rows(usageDailyListUnbilled, { run_id: run.runId, billable });
  if (unbilled.length === 0)
    return resolveException(transaction, effects, 'unbilled_usage', run.runId, 'all usage is billed to somebody');
  const shown = unbilled
    .slice(0, SHOWN)
    .map(
      (row) =>
        `${row.project_id} ${row.metric}: ${row.customer_id ? `${row.customer_id} has no contract` : 'no owner'} (${row.rows} rows)`,
    );
  await raiseException(transaction, effects, {
    class: 'unbilled_usage',
    subject: run.runId,
    reason: 'nobody_to_bill',
    detail: `${unbilled.length} projects and metrics of ${run.period} are billed to nobody: ${shown.join('; ')}. Give the project an owner or the customer a contract, then rerun the days.`,
  });
}
