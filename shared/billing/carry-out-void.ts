import {
  type InvoiceStatus,
  invoiceAdvance,
  invoiceFindForIssue,
  invoiceLock,
  invoiceVoidEnd,
  invoiceVoidFind,
  stripeRequestAbandon,
} from '../database/queries.generated.ts';
import { raiseException, resolveException } from '../exceptions/exceptions.ts';
import type { StripeClient } from '../stripe/client.ts';
import { deleteDraftRequest, voidRequest } from '../stripe/correction-request.ts';
import { retrieveInvoice } from '../stripe/lookup.ts';
import { creditedOn, type StripeInvoice, stripeDeletionSchema } from '../stripe/objects.ts';
import { obligationMetadata } from '../stripe/obligation.ts';
import { printableMetadata } from '../stripe/text.ts';
import { type Found, failureOf, type StepFailed, type StepOutcome, takeStep } from './committed-step.ts';
import { compareAfterVoid } from './compare-again.ts';
import type { IssueDependencies } from './issue-invoice.ts';
import { settleRun } from './run-issuing.ts';
import { commitRequests, invoiceLedger, lookUpInvoice, type StepWork, takeVoidStep } from './stripe-steps.ts';

export type CarryOutcome =
  | { readonly kind: 'voided' }
  /** Nothing is to be carried out: no void of it is approved. */
  | { readonly kind: 'nothing_approved' }
  /** It ended otherwise in Stripe: the void came to nothing, and the invoice stays. */
  | { readonly kind: 'withdrawn'; readonly detail: string }
  | StepFailed;

interface VoidWork extends StepWork {
  readonly stripeInvoiceId: string | null;
}

/**
 * Carries out an approved void: in Stripe first, by requests that are committed before they are sent, and here only when
 * Stripe's is void or gone. A repeat at any point goes on where the last one ended.
 */
export async function carryOutVoid(
  dependencies: IssueDependencies,
  invoiceId: string,
  actor: string,
): Promise<CarryOutcome> {
  const { database } = dependencies;
  const live = await database.first(invoiceVoidFind, { invoice_id: invoiceId });
  const row = await database.first(invoiceFindForIssue, { invoice_id: invoiceId });
  if (live?.status !== 'approved' || row === undefined) return { kind: 'nothing_approved' };
  const work: VoidWork = {
    invoiceId,
    stripeCustomerId: row.stripe_customer_id ?? '',
    stripeInvoiceId: row.stripe_invoice_id,
    obligation: { customerId: row.customer_id, period: row.period, series: row.series, generation: row.generation },
    actor,
  };
  const ended = await endInStripe(dependencies, work, row.status);
  switch (ended.kind) {
    case 'gone':
      await endHere(dependencies, work, live.why);
      return { kind: 'voided' };
    case 'paid': {
      const next = row.status === 'stripe_failed' ? ' in full in Stripe, and void it again' : '';
      const detail = `Stripe says that ${ended.stripeInvoiceId} is paid: give the money back with a credit note${next}`;
      await withdraw(dependencies, work, detail);
      return { kind: 'withdrawn', detail };
    }
    case 'failed':
      await recordFailure(dependencies, work, ended);
      return ended;
    default:
      return ended satisfies never;
  }
}

type EndedInStripe =
  | { readonly kind: 'gone' }
  | { readonly kind: 'paid'; readonly stripeInvoiceId: string }
  | StepFailed;

async function endInStripe(
  dependencies: IssueDependencies,
  work: VoidWork,
  status: InvoiceStatus,
): Promise<EndedInStripe> {
  // Of a held invoice nothing was ever sent; without a customer in Stripe nothing can have been.
  if (status === 'held' || work.stripeCustomerId === '') return { kind: 'gone' };
  const client = await dependencies.stripe();
  const found = await findInStripe(client, work);
  if (found.kind === 'failed') return found;
  if (found.kind === 'absent') {
    if (status !== 'stripe_failed') return unknownToStripe(work);
    await deletionLedger(dependencies, work).keepAnswer({ step: 'delete' }, { id: work.stripeInvoiceId ?? '' });
    return { kind: 'gone' };
  }
  const inStripe = found.object;
  if (!isOfObligation(inStripe, work)) {
    const detail = `${inStripe.id} in Stripe does not carry the marks of invoice ${work.invoiceId}: void it there by hand, after a look at it`;
    return { kind: 'failed', reason: 'stripe_differs', detail };
  }
  switch (inStripe.status) {
    case 'draft':
      return deleteDraft(dependencies, client, work, inStripe.id);
    case 'open':
    case 'uncollectible':
      return voidFinalized(dependencies, client, work, inStripe.id);
    case 'paid':
      // Somebody finalized the draft: what took nothing, or was given back in full, cannot be voided and need not be.
      return status === 'stripe_failed' && inStripe.total === creditedOn(inStripe)
        ? { kind: 'gone' }
        : { kind: 'paid', stripeInvoiceId: inStripe.id };
    case 'void':
      return { kind: 'gone' };
    default:
      return inStripe.status satisfies never;
  }
}

function unknownToStripe({ invoiceId, stripeInvoiceId }: VoidWork): StepFailed {
  const detail = `Stripe does not know ${stripeInvoiceId} of invoice ${invoiceId}: see daybook reconcile`;
  return { kind: 'failed', reason: 'missing_in_stripe', detail };
}

/** By its id when that is known here, by the obligation's marks otherwise: the answer to its creation may be lost. */
async function findInStripe(client: StripeClient, work: VoidWork): Promise<Found<StripeInvoice>> {
  if (work.stripeInvoiceId === null) return lookUpInvoice(client, work);
  const outcome = await retrieveInvoice(client, work.stripeInvoiceId);
  if (outcome.kind === 'ok') return { kind: 'done', object: outcome.object };
  if (outcome.kind === 'refused' && outcome.reason === 'not_found') return { kind: 'absent' };
  return failureOf(outcome, 'reading the invoice');
}

function isOfObligation(inStripe: StripeInvoice, work: VoidWork): boolean {
  const marks = Object.entries(printableMetadata(obligationMetadata(work.obligation)));
  return (
    inStripe.customer === work.stripeCustomerId &&
    marks.every(([name, value]) => Object.hasOwn(inStripe.metadata, name) && inStripe.metadata[name] === value)
  );
}

function deletionLedger(dependencies: IssueDependencies, work: VoidWork) {
  return invoiceLedger<{ readonly id: string }>(dependencies, work, () => ({ status: 'deleted' }));
}

async function deleteDraft(
  dependencies: IssueDependencies,
  client: StripeClient,
  work: VoidWork,
  stripeInvoiceId: string,
): Promise<EndedInStripe> {
  const committed = await commitRequests(dependencies, work, [deleteDraftRequest(work.obligation, stripeInvoiceId)]);
  if (committed.kind === 'failed') return committed;
  const [step] = committed.requests;
  if (step === undefined) throw new RangeError('one request was committed and none came back');
  const ledger = deletionLedger(dependencies, work);
  const deleted = await takeStep(client, ledger, step, stripeDeletionSchema, async () => {
    const current = await findInStripe(client, { ...work, stripeInvoiceId });
    if (current.kind === 'failed') return current;
    if (current.kind === 'absent') return { kind: 'done', object: { id: stripeInvoiceId, deleted: true as const } };
    if (current.object.status === 'draft') return { kind: 'absent' };
    const detail = `${stripeInvoiceId} was finalized meanwhile; the next attempt voids it`;
    return { kind: 'failed', reason: 'finalized_meanwhile', detail };
  });
  return deleted.kind === 'failed' ? deleted : { kind: 'gone' };
}

async function voidFinalized(
  dependencies: IssueDependencies,
  client: StripeClient,
  work: VoidWork,
  stripeInvoiceId: string,
): Promise<EndedInStripe> {
  const committed = await commitRequests(dependencies, work, [voidRequest(work.obligation, stripeInvoiceId)]);
  if (committed.kind === 'failed') return committed;
  const [step] = committed.requests;
  if (step === undefined) throw new RangeError('one request was committed and none came back');
  const voided: StepOutcome<StripeInvoice> = await takeVoidStep(dependencies, client, work, step, stripeInvoiceId);
  if (voided.kind === 'failed') return voided;
  return voided.object.status === 'paid' ? { kind: 'paid', stripeInvoiceId } : { kind: 'gone' };
}

/** The invoice is void here too: its obligation is free for another, of the next generation. */
async function endHere({ database, effects }: IssueDependencies, work: VoidWork, why: string): Promise<void> {
  await database.transaction({ actor: work.actor, why: `voided: ${why}` }, async (transaction) => {
    const invoice = await transaction.first(invoiceLock, { invoice_id: work.invoiceId });
    if (invoice === undefined) throw new Error(`invoice ${work.invoiceId} is gone; invoices are never removed`);
    // The webhook of the void may have been faster.
    if (invoice.status !== 'void') {
      const columns = {
        invoice_id: work.invoiceId,
        stripe_invoice_id: null,
        stripe_number: null,
        failure_detail: null,
      };
      await transaction.rows(invoiceAdvance, { ...columns, from_status: invoice.status, to_status: 'void' });
      await compareAfterVoid(transaction, effects, work.invoiceId);
    }
    const columns = { invoice_id: work.invoiceId, from_status: 'approved', to_status: 'done' } as const;
    await transaction.rows(invoiceVoidEnd, { ...columns, ended_at: effects.now(), outcome: null });
    await transaction.rows(stripeRequestAbandon, { invoice_id: work.invoiceId });
    for (const ended of ['issuing_failed', 'invoice_held', 'issued_otherwise', 'voiding_failed'] as const)
      await resolveException(transaction, effects, ended, work.invoiceId, 'the invoice was voided');
    await settleRun(transaction, invoice.run_id);
  });
}

async function withdraw({ database, effects }: IssueDependencies, work: VoidWork, detail: string): Promise<void> {
  await database.transaction({ actor: work.actor, why: detail }, async (transaction) => {
    const columns = { invoice_id: work.invoiceId, from_status: 'approved', to_status: 'withdrawn' } as const;
    await transaction.rows(invoiceVoidEnd, { ...columns, ended_at: effects.now(), outcome: detail });
    await resolveException(transaction, effects, 'voiding_failed', work.invoiceId, detail);
  });
}

async function recordFailure({ database, effects }: IssueDependencies, work: VoidWork, failed: StepFailed) {
  const { reason, detail } = failed;
  await database.transaction({ actor: work.actor, why: `${reason}: ${detail}` }, (transaction) =>
    raiseException(transaction, effects, { class: 'voiding_failed', subject: work.invoiceId, reason, detail }),
  );
}
