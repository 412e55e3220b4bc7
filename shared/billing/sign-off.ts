import type { Database } from '../database/database.ts';
import {
  billingRunAdvance,
  billingRunApprove,
  billingRunFind,
  invoiceApproveOfRun,
} from '../database/queries.generated.ts';
import { REFUSALS, sqlStateOf } from '../database/sqlstate.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';

export type SignOffOutcome =
  | { readonly kind: 'approved'; readonly invoices: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * The sign-off of a run in review, by someone other than its author (promise 23, enforced by the database). It
 * releases the rated invoices to Stripe; held ones stay. A repeat is refused and changes nothing.
 */
export async function approveRun(
  dependencies: { readonly database: Database; readonly effects: Effects },
  decision: { readonly runId: string; readonly approver: string; readonly why: string },
): Promise<SignOffOutcome> {
  const { database, effects } = dependencies;
  try {
    return await database.transaction(
      { actor: decision.approver, why: decision.why },
      async (transaction): Promise<SignOffOutcome> => {
        const approved = await transaction.first(billingRunApprove, {
          run_id: decision.runId,
          approver: decision.approver,
          approved_at: effects.now(),
        });
        if (!approved) {
          const run = await transaction.first(billingRunFind, { run_id: decision.runId });
          return {
            kind: 'refused',
            reason: run
              ? `run ${decision.runId} is ${run.status}; only a run in review can be approved`
              : `there is no run ${decision.runId}`,
          };
        }
        const columns = { run_id: decision.runId, fencing_token: approved.fencing_token };
        const released = await transaction.rows(invoiceApproveOfRun, columns);
        await transaction.rows(billingRunAdvance, { ...columns, from_status: 'approved', to_status: 'issuing' });
        if (released.length === 0)
          await transaction.rows(billingRunAdvance, { ...columns, from_status: 'issuing', to_status: 'issued' });
        const invoices = released.map((row) => row.invoice_id).sort();
        await recordEvents(
          transaction,
          effects,
          invoices.map((invoiceId) => ({
            type: 'invoice.approved' as const,
            data: { invoiceId, runId: decision.runId },
          })),
        );
        return { kind: 'approved', invoices };
      },
    );
  } catch (error) {
    const state = sqlStateOf(error);
    if (state !== undefined && REFUSALS[state as keyof typeof REFUSALS] === 'self_approval_or_missing_approval') {
      return { kind: 'refused', reason: (error as Error).message };
    }
    if (state === '23503')
      return {
        kind: 'refused',
        reason: `${decision.approver} is not a known identity; add it to the principals first`,
      };
    throw error;
  }
}
