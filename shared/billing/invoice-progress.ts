import type { Database, Transaction } from '../database/database.ts';
import {
  type InvoiceStatus,
  invoiceAdvance,
  invoiceHoldApproved,
  invoiceLock,
  invoiceVoidFind,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { raiseException, resolveException } from '../exceptions/exceptions.ts';
import { type StripeInvoice, settlementOf } from '../stripe/objects.ts';
import { applyCarried } from './carry-adjustments.ts';
import type { StepFailed } from './committed-step.ts';
import { settleRun } from './run-issuing.ts';

interface ProgressDependencies {
  readonly database: Database;
  readonly effects: Effects;
}

/** One invoice on its way to Stripe, with who moves it. */
export interface InvoiceOnItsWay {
  readonly invoiceId: string;
  readonly runId: string;
  readonly actor: string;
}

/** Moves the invoice when it is in `from`, and says where it stands then: a repeat finds it moved already. */
export async function moveInvoice(
  { database }: ProgressDependencies,
  actor: string,
  invoiceId: string,
  from: InvoiceStatus,
  to: InvoiceStatus,
  what: { readonly why: string; readonly stripeInvoiceId?: string },
): Promise<InvoiceStatus> {
  return database.transaction({ actor, why: what.why }, async (transaction) => {
    const moved = await transaction.first(invoiceAdvance, {
      invoice_id: invoiceId,
      from_status: from,
      to_status: to,
      stripe_invoice_id: what.stripeInvoiceId ?? null,
      stripe_number: null,
      failure_detail: null,
    });
    return moved ? to : statusOf(transaction, invoiceId);
  });
}

async function statusOf(transaction: Transaction, invoiceId: string): Promise<InvoiceStatus> {
  const row = await transaction.first(invoiceLock, { invoice_id: invoiceId });
  if (row === undefined) throw new Error(`invoice ${invoiceId} is gone; invoices are never removed`);
  return row.status;
}

/**
 * Takes a failed invoice up again, unless its void is approved: then it is never issued again. Whoever moved it on
 * meanwhile, another attempt or a void, is seen under its lock.
 */
export async function resumeInvoice(
  { database }: ProgressDependencies,
  invoiceId: string,
  actor: string,
): Promise<'resumed' | 'being_voided' | 'moved_on'> {
  return database.transaction({ actor, why: 'another attempt' }, async (transaction) => {
    await transaction.rows(invoiceLock, { invoice_id: invoiceId });
    const voiding = await transaction.first(invoiceVoidFind, { invoice_id: invoiceId });
    if (voiding?.status === 'approved') return 'being_voided';
    const resumed = await transaction.first(invoiceAdvance, {
      invoice_id: invoiceId,
      from_status: 'stripe_failed',
      to_status: 'approved',
      stripe_invoice_id: null,
      stripe_number: null,
      failure_detail: null,
    });
    return resumed ? 'resumed' : 'moved_on';
  });
}

/** What finance has to see of an invoice that Stripe finalized in another way than it was asked to. */
function noteOf(invoice: StripeInvoice, taxByStripe: boolean): { reason: string; detail: string } | null {
  if (settlementOf(invoice) === 'moved_to_balance') {
    const detail = `Stripe calls ${invoice.id} paid, but moved its ${invoice.total} (${invoice.currency}, Stripe's unit) to the customer's balance: it is below the least that Stripe charges, and the next invoice collects it`;
    return { reason: 'amount_on_balance', detail };
  }
  if (taxByStripe && !invoice.automatic_tax.enabled) {
    const detail = `Stripe turned its tax off while finalizing ${invoice.id}, mostly because the customer's address is missing: complete it in Stripe; when it must be billed anew with tax, daybook invoice void comes first, and daybook invoice reissue then`;
    return { reason: 'tax_turned_off', detail };
  }
  return null;
}

/**
 * Records that the invoice is final in Stripe, ends the run when it was the last one, and says where the invoice stands
 * then. A repeat changes nothing.
 */
export async function finishInvoice(
  { database, effects }: ProgressDependencies,
  work: InvoiceOnItsWay,
  invoice: StripeInvoice,
  taxByStripe: boolean,
): Promise<InvoiceStatus> {
  const intent = { actor: work.actor, why: `finalized in Stripe as ${invoice.number ?? invoice.id}` };
  return database.transaction(intent, async (transaction) => {
    const columns = {
      invoice_id: work.invoiceId,
      stripe_invoice_id: invoice.id,
      stripe_number: invoice.number,
      failure_detail: null,
    };
    const moved = await transaction.first(invoiceAdvance, {
      ...columns,
      from_status: 'verified',
      to_status: 'finalized',
    });
    if (!moved) return statusOf(transaction, work.invoiceId);
    const settled = settlementOf(invoice);
    // An invoice that an earlier attempt finalized may have ended since, and its webhook was told that it is not ours yet.
    const ended =
      settled === 'paid' || settled === 'nothing_due' ? 'paid' : settled === 'uncollectible' ? settled : null;
    if (ended !== null)
      await transaction.rows(invoiceAdvance, { ...columns, from_status: 'finalized', to_status: ended });
    await applyCarried(transaction, effects, work.invoiceId);
    await resolveException(transaction, effects, 'issuing_failed', work.invoiceId, 'the invoice was issued');
    const note = noteOf(invoice, taxByStripe);
    if (note !== null)
      await raiseException(transaction, effects, { class: 'issued_otherwise', subject: work.invoiceId, ...note });
    await recordEvents(transaction, effects, [
      { type: 'invoice.issued', data: { invoiceId: work.invoiceId, runId: work.runId, stripeInvoiceId: invoice.id } },
    ]);
    await settleRun(transaction, work.runId);
    return ended ?? 'finalized';
  });
}

/** Records a failed attempt; the policy of its class decides when there is another. */
export async function failInvoice(
  { database, effects }: ProgressDependencies,
  work: InvoiceOnItsWay,
  { reason, detail, retryAfterMs = 0 }: StepFailed,
): Promise<void> {
  await database.transaction({ actor: work.actor, why: `${reason}: ${detail}` }, async (transaction) => {
    const row = await transaction.first(invoiceLock, { invoice_id: work.invoiceId });
    if (row?.status !== 'approved' && row?.status !== 'drafted' && row?.status !== 'verified') return;
    await transaction.rows(invoiceAdvance, {
      invoice_id: work.invoiceId,
      stripe_invoice_id: null,
      stripe_number: null,
      failure_detail: `${reason}: ${detail}`,
      from_status: row.status,
      to_status: 'stripe_failed',
    });
    const failure = { class: 'issuing_failed', subject: work.invoiceId, reason, detail } as const;
    await raiseException(transaction, effects, failure, retryAfterMs);
    await recordEvents(transaction, effects, [
      { type: 'invoice.failed', data: { invoiceId: work.invoiceId, runId: work.runId, reason, detail } },
    ]);
    await settleRun(transaction, work.runId);
  });
}

/**
 * Holds an invoice that Stripe cannot be told of as it is, with the reason (promise 19): nothing was sent, no attempt
 * would mend it, and the others go on. False when something may have been sent before: then it only failed.
 */
export async function holdUnsendable(
  { database, effects }: ProgressDependencies,
  work: InvoiceOnItsWay,
  reason: string,
  detail: string,
): Promise<boolean> {
  return database.transaction({ actor: work.actor, why: `${reason}: ${detail}` }, async (transaction) => {
    const columns = { invoice_id: work.invoiceId, hold_reason: `${reason}: ${detail}` };
    if (!(await transaction.first(invoiceHoldApproved, columns))) return false;
    const held = 'it is held until somebody mends the cause';
    await resolveException(transaction, effects, 'issuing_failed', work.invoiceId, held);
    await raiseException(transaction, effects, { class: 'invoice_held', subject: work.invoiceId, reason, detail });
    await recordEvents(transaction, effects, [
      { type: 'invoice.failed', data: { invoiceId: work.invoiceId, runId: work.runId, reason, detail } },
    ]);
    await settleRun(transaction, work.runId);
    return true;
  });
}
