import { asRefusal, type Refusal, refuse } from '../catalogue/refusal.ts';
import { requireRole } from '../catalogue/roles.ts';
import type { Database } from '../database/database.ts';
import { adjustmentDecide, adjustmentFind } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { resolveException } from '../exceptions/exceptions.ts';
import { placeApproved } from './place.ts';

export interface Decision {
  readonly adjustmentId: string;
  readonly decision: 'approved' | 'rejected';
  readonly approver: string;
  /** Kept in the audit log. */
  readonly why: string;
}

export type DecisionOutcome =
  | { readonly kind: 'decided'; readonly adjustmentId: string; readonly credits: readonly string[] }
  | Refusal<'role'>;

/**
 * A person's decision on a proposed adjustment: by someone other than who brought it about (promise 23, held by the
 * database). An approved one waits for the next invoice, or is given back in Stripe; a rejected one leaves the invoice as
 * it is, and the same figures are not proposed again.
 */
export async function decideAdjustment(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  { adjustmentId, decision, approver, why }: Decision,
): Promise<DecisionOutcome> {
  const allowed = await requireRole(database, approver, ['approver', 'finance'], 'decide on an adjustment');
  if (allowed.kind === 'refused') return allowed;
  return asRefusal(() =>
    database.transaction({ actor: approver, why }, async (transaction): Promise<DecisionOutcome> => {
      const key = { adjustment_id: adjustmentId };
      const decided = await transaction.first(adjustmentDecide, {
        ...key,
        decision,
        approver,
        decided_at: effects.now(),
      });
      if (!decided) {
        const found = await transaction.first(adjustmentFind, key);
        return found
          ? refuse('state', `Adjustment ${adjustmentId} is ${found.status}; only a proposed one can be decided on.`)
          : refuse(
              'not_found',
              `There is no adjustment ${adjustmentId}: daybook adjustments list shows those that there are.`,
            );
      }
      await resolveException(transaction, effects, 'adjustment_undecided', adjustmentId, why);
      const credits = decision === 'approved' ? await placeApproved(transaction, effects, [adjustmentId]) : [];
      return { kind: 'decided', adjustmentId, credits };
    }),
  );
}

/**
 * Looks again where an approved adjustment goes, for one whose customer has got no further invoice since. Its credits
 * that failed are sent again.
 */
export async function applyAdjustment(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  { adjustmentId, actor, why }: { readonly adjustmentId: string; readonly actor: string; readonly why: string },
): Promise<DecisionOutcome> {
  return asRefusal(() =>
    database.transaction({ actor, why }, async (transaction): Promise<DecisionOutcome> => {
      const found = await transaction.first(adjustmentFind, { adjustment_id: adjustmentId });
      if (!found)
        return refuse(
          'not_found',
          `There is no adjustment ${adjustmentId}: daybook adjustments list shows those that there are.`,
        );
      if (found.status !== 'approved' && found.status !== 'placed')
        return refuse(
          'state',
          `Adjustment ${adjustmentId} is ${found.status}; only an approved one is still to be applied.`,
        );
      const credits = await placeApproved(transaction, effects, [adjustmentId]);
      return { kind: 'decided', adjustmentId, credits };
    }),
  );
}
