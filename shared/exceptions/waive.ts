import type { Database } from '../database/database.ts';
import { exceptionFind, exceptionWaive } from '../database/queries.generated.ts';
import { REFUSALS, sqlStateOf } from '../database/sqlstate.ts';
import type { Effects } from '../effects/effects.ts';

export type WaiveOutcome =
  | { readonly kind: 'waived'; readonly class: string; readonly subject: string }
  | {
      readonly kind: 'refused';
      readonly reason: 'unknown_exception' | 'ended_before' | 'no_reason' | (typeof REFUSALS)[keyof typeof REFUSALS];
      readonly detail: string;
    };

/**
 * Ends an exception by a person's decision: nothing is done about it any more. The database asks for a role, and where
 * money is concerned for another person than the one who caused it (promise 23).
 */
export async function waiveException(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  decision: { readonly exception: bigint; readonly actor: string; readonly why: string },
): Promise<WaiveOutcome> {
  const { exception: exception_id, actor } = decision;
  const why = decision.why.trim();
  if (why === '') return { kind: 'refused', reason: 'no_reason', detail: 'Say why the exception needs nothing more.' };
  try {
    return await database.transaction({ actor, why }, async (transaction): Promise<WaiveOutcome> => {
      const columns = { exception_id, ended_at: effects.now(), ended_by: actor, why };
      const waived = await transaction.first(exceptionWaive, columns);
      if (waived !== undefined) return { kind: 'waived', ...waived };
      const found = await transaction.first(exceptionFind, { exception_id });
      if (found === undefined) {
        const detail = `There is no exception ${exception_id}: daybook exceptions list shows those that are open.`;
        return { kind: 'refused', reason: 'unknown_exception', detail };
      }
      const detail = `Exception ${exception_id} was ${found.status} by ${found.ended_by} before: ${found.why}`;
      return { kind: 'refused', reason: 'ended_before', detail };
    });
  } catch (error) {
    const state = sqlStateOf(error);
    if (!(error instanceof Error) || state === undefined || !Object.hasOwn(REFUSALS, state)) throw error;
    const hint = 'hint' in error && typeof error.hint === 'string' ? ` ${error.hint}` : '';
    return { kind: 'refused', reason: REFUSALS[state as keyof typeof REFUSALS], detail: `${error.message}.${hint}` };
  }
}
