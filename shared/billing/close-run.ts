import type { Database } from '../database/database.ts';
import { billingRunClose, billingRunFind, billingRunListOpenThings } from '../database/queries.generated.ts';
import { refusalOf } from '../database/sqlstate.ts';
import type { Effects } from '../effects/effects.ts';

/** Something of a run that is not at its end: an invoice's id, or `exception:` and a number. */
export interface OpenThing {
  readonly thing: string;
  readonly state: string;
  readonly why: string;
}

export type CloseOutcome =
  | { readonly kind: 'closed'; readonly leftOpen: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string; readonly open: readonly OpenThing[] };

/**
 * Closes an issued run for good: only when every invoice is final and no exception about it is live, or each that is
 * not is left open by name, with the reason. The database refuses anything else; a closed run never changes again.
 */
export async function closeRun(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  decision: {
    readonly runId: string;
    readonly actor: string;
    readonly why: string;
    readonly leave: readonly string[];
  },
): Promise<CloseOutcome> {
  const { runId, actor, why, leave } = decision;
  try {
    return await database.transaction({ actor, why }, async (transaction): Promise<CloseOutcome> => {
      const run = await transaction.first(billingRunFind, { run_id: runId });
      if (!run) return { kind: 'refused', reason: `there is no run ${runId}`, open: [] };
      const open = await transaction.rows(billingRunListOpenThings, { run_id: runId });
      const names = new Set(open.map(({ thing }) => thing));
      const unknown = leave.find((thing) => !names.has(thing));
      if (unknown !== undefined)
        return { kind: 'refused', reason: `${unknown} is not open in run ${runId}, so that it cannot be left`, open };
      if (run.status !== 'issued')
        return { kind: 'refused', reason: `run ${runId} is ${run.status}; only an issued run can be closed`, open };
      const missing = open.filter(({ thing }) => !leave.includes(thing));
      if (missing.length > 0)
        return {
          kind: 'refused',
          reason: `run ${runId} has ${missing.length === 1 ? 'an open thing' : `${missing.length} open things`}`,
          open: missing,
        };
      const left = [...new Set(leave)].sort();
      await transaction.rows(billingRunClose, {
        run_id: runId,
        closed_by: actor,
        closed_at: effects.now(),
        left_open: left,
      });
      return { kind: 'closed', leftOpen: left };
    });
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal !== undefined) return { kind: 'refused', reason: refusal, open: [] };
    throw error;
  }
}
