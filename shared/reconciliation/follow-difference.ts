import { failureOf, type StepFailed } from '../billing/committed-step.ts';
import { compareAfterVoid } from '../billing/compare-again.ts';
import { settleInvoice } from '../billing/settle-invoice.ts';
import { type Refusal, refuse } from '../catalogue/refusal.ts';
import { type InvoiceStatus, stripeDifferenceFind } from '../database/queries.generated.ts';
import { retrieveInvoice } from '../stripe/lookup.ts';
import type { Acceptance } from './accept-difference.ts';
import type { ReconcileDependencies } from './reconcile.ts';

type FollowReason = 'not_a_status' | 'contradicts_final_state' | 'nothing_to_follow';

export type FollowOutcome =
  | {
      readonly kind: 'followed';
      readonly invoiceId: string;
      readonly from: InvoiceStatus;
      readonly to: InvoiceStatus;
    }
  | Refusal<FollowReason>
  | StepFailed;

/** The differences that a lost webhook leaves behind. */
const FOLLOWED = new Set(['status', 'void_by_hand']);

/**
 * Lets an invoice follow Stripe as its webhook would have, in a person's name: the status alone, by the transition table,
 * from what Stripe says now. The next reconciliation finds the difference gone.
 */
export async function followDifference(
  { database, effects, stripe }: ReconcileDependencies,
  { differenceId, actor, why }: Acceptance,
): Promise<FollowOutcome> {
  const difference = await database.first(stripeDifferenceFind, { difference_id: differenceId });
  if (difference === undefined)
    return refuse('not_found', `There is no difference ${differenceId}: daybook reconcile --period … names them.`);
  const { kind, status, stripe_invoice_id: stripeInvoiceId } = difference;
  if (status === 'resolved') return refuse('state', `Difference ${differenceId} is resolved.`);
  if (!FOLLOWED.has(kind) || stripeInvoiceId === null)
    return refuse('not_a_status', `Difference ${differenceId} is of kind ${kind}; only a status can be followed.`);
  const read = await retrieveInvoice(await stripe(), stripeInvoiceId);
  if (read.kind !== 'ok') return failureOf(read, `reading ${stripeInvoiceId}`);
  const outcome = await database.transaction({ actor, why }, async (transaction) => {
    const settled = await settleInvoice(transaction, read.object);
    if (settled.kind === 'settled' && settled.to === 'void')
      await compareAfterVoid(transaction, effects, settled.invoiceId);
    return settled;
  });
  switch (outcome.kind) {
    case 'settled':
      return { kind: 'followed', invoiceId: outcome.invoiceId, from: outcome.from, to: outcome.to };
    case 'contradicts':
      return refuse(
        'contradicts_final_state',
        `Invoice ${outcome.invoiceId} has ended here, and ${stripeInvoiceId} is ${read.object.status} in Stripe: end it there, or accept the difference.`,
      );
    case 'early':
      return refuse('state', `Invoice ${outcome.invoiceId} is still being issued: daybook run issue goes on with it.`);
    case 'ignored':
      return refuse('nothing_to_follow', `${stripeInvoiceId} gives nothing to follow: ${outcome.reason}.`);
    default:
      return outcome satisfies never;
  }
}
