import type { Transaction } from '../database/database.ts';
import { invoiceAdvance, invoiceLockByStripeId } from '../database/queries.generated.ts';
import { nextStates, type StateOf } from '../states/transitions.ts';
import { type Settlement, type StripeInvoice, settlementOf } from '../stripe/objects.ts';

/** What following Stripe did to an invoice. Only `settled` changed anything. */
export type SettleOutcome =
  | { readonly kind: 'settled'; readonly invoiceId: string; readonly from: InvoiceStatus; readonly to: InvoiceStatus }
  /** Nothing to follow: the reason says what was found instead. */
  | { readonly kind: 'ignored'; readonly reason: IgnoredReason; readonly invoiceId: string | null }
  /** Stripe is ahead: our own record of the invoice's issue is still being written. Ask again later. */
  | { readonly kind: 'early'; readonly invoiceId: string }
  /** It ended here in a way that Stripe's state does not follow from: that state is old, or a person must compare the two. */
  | { readonly kind: 'contradicts'; readonly invoiceId: string };

type IgnoredReason =
  /** No invoice of ours has this id: another use of the same Stripe account. */
  | 'unknown_invoice'
  | 'draft'
  /** Below the minimum charge: Stripe calls it paid, but the money is still owed, on the customer's balance. */
  | 'moved_to_balance'
  /** It stands here as it stands in Stripe. */
  | 'already_so'
  /** Whoever finalises an invoice records that itself, with its number. */
  | 'issue_in_progress'
  /** The answer was given before what we have already followed. */
  | 'older_than_ours';

type InvoiceStatus = StateOf<'invoice'>;

/** How each settlement that an invoice follows is written here. */
const LOCAL_STATUS = {
  open: 'finalized',
  paid: 'paid',
  nothing_due: 'paid',
  uncollectible: 'uncollectible',
  void: 'void',
} as const satisfies Record<Exclude<Settlement, 'draft' | 'moved_to_balance'>, InvoiceStatus>;

const NOT_YET_FINAL: readonly InvoiceStatus[] = ['approved', 'drafted', 'verified', 'stripe_failed'];

/**
 * Lets an invoice follow what Stripe says now: finalized → paid, uncollectible or void, by the transition table.
 * No amount is taken from Stripe (promise 17). A repeat, and an older answer that arrives after a newer one, change
 * nothing.
 */
export async function settleInvoice(transaction: Transaction, inStripe: StripeInvoice): Promise<SettleOutcome> {
  const invoice = await transaction.first(invoiceLockByStripeId, { stripe_invoice_id: inStripe.id });
  if (!invoice) return { kind: 'ignored', reason: 'unknown_invoice', invoiceId: null };
  const { invoice_id: invoiceId, status: from } = invoice;
  const settlement = settlementOf(inStripe);
  if (settlement === 'draft' || settlement === 'moved_to_balance') {
    return { kind: 'ignored', reason: settlement, invoiceId };
  }
  const to = LOCAL_STATUS[settlement];
  if (from === to) return { kind: 'ignored', reason: 'already_so', invoiceId };
  const issuing = NOT_YET_FINAL.includes(from);
  if (to === 'finalized')
    return { kind: 'ignored', reason: issuing ? 'issue_in_progress' : 'older_than_ours', invoiceId };
  if (!nextStates('invoice', from).includes(to)) {
    return { kind: issuing ? 'early' : 'contradicts', invoiceId };
  }
  const advanced = await transaction.first(invoiceAdvance, {
    invoice_id: invoiceId,
    from_status: from,
    to_status: to,
    stripe_invoice_id: null,
    stripe_number: null,
    failure_detail: null,
  });
  if (!advanced) throw new Error(`invoice ${invoiceId} left the state "${from}" while it was locked`);
  return { kind: 'settled', invoiceId, from, to };
}
