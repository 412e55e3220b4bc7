import { asRefusal, type Refusal, refuse } from '../catalogue/refusal.ts';
import type { Database } from '../database/database.ts';
import {
  stripeDifferenceAccept,
  stripeDifferenceCountOpen,
  stripeDifferenceFind,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { resolveException } from '../exceptions/exceptions.ts';

export interface Acceptance {
  readonly differenceId: bigint;
  readonly actor: string;
  readonly why: string;
}

/**
 * A person of finance accepts a difference as it is, with the reason. It stays accepted until it is gone; with another
 * value it is another difference. The period's exception ends with its last open one.
 */
export async function acceptDifference(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  { differenceId, actor, why }: Acceptance,
): Promise<{ readonly kind: 'accepted' } | Refusal> {
  return asRefusal(() =>
    database.transaction({ actor, why }, async (transaction): Promise<{ readonly kind: 'accepted' } | Refusal> => {
      const columns = { difference_id: differenceId, accepted_by: actor, why };
      const accepted = await transaction.first(stripeDifferenceAccept, columns);
      if (accepted === undefined) {
        const found = await transaction.first(stripeDifferenceFind, { difference_id: differenceId });
        return found === undefined
          ? refuse<never>(
              'not_found',
              `There is no difference ${differenceId}: daybook reconcile --period … names them.`,
            )
          : refuse<never>('state', `Difference ${differenceId} is ${found.status}; only an open one can be accepted.`);
      }
      const open = await transaction.rows(stripeDifferenceCountOpen, {});
      if (!open.some(({ period }) => period === accepted.period))
        await resolveException(
          transaction,
          effects,
          'stripe_differs',
          accepted.period,
          `the last was accepted: ${why}`,
        );
      return { kind: 'accepted' };
    }),
  );
}
