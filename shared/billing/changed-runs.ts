import type { Database } from '../database/database.ts';
import { billingRunListChanged } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { lookAtRun } from './collect-run.ts';

/**
 * Looks at every run before its sign-off whose inputs have changed: usage tells of itself by its event; a contract that
 * was activated or ended, and a source that was approved, do not. Each is dropped back and rated anew, once it is complete; the sign-off refuses it until then. Returns them.
 */
export async function dropBackChangedRuns(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  actor: string,
): Promise<readonly string[]> {
  const changed = (await database.rows(billingRunListChanged, {})).map((row) => row.run_id);
  for (const runId of changed)
    await database.transaction({ actor, why: 'the inputs of the run have changed' }, (transaction) =>
      lookAtRun(transaction, effects, runId),
    );
  return changed;
}
