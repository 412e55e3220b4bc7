import type { Database } from '../database/database.ts';
import { adjustmentApply, creditCommit, creditFail, creditFind, creditIssue } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { currency, minorUnits } from '../exact/currency.ts';
import { raiseException, resolveException } from '../exceptions/exceptions.ts';
import type { StripeClient } from '../stripe/client.ts';
import { planBalanceCreditRequest, planCreditNoteRequest } from '../stripe/correction-request.ts';
import { fromStripeAmount, type StripeAmount, toStripeAmount } from '../stripe/currency.ts';
import { listBalanceTransactions, listCreditNotes, retrieveInvoice } from '../stripe/lookup.ts';
import { stripeBalanceTransactionSchema, stripeCreditNoteSchema } from '../stripe/objects.ts';
import { replacementKey } from '../stripe/obligation.ts';
import type { StripeFailure } from '../stripe/outcome.ts';
import type { StripeRequest } from '../stripe/request.ts';
import { sendRequest } from '../stripe/send.ts';

export interface CreditDependencies {
  readonly database: Database;
  readonly effects: Effects;
  readonly stripe: () => Promise<StripeClient>;
}

export type CreditOutcome =
  | { readonly kind: 'issued'; readonly stripeId: string }
  | { readonly kind: 'already_issued' }
  /** The invoice that would have been negative was given up, or is not final yet: that credit waits with it. */
  | { readonly kind: 'not_due' }
  | { readonly kind: 'unknown_credit' }
  | Failed;

interface Failed {
  readonly kind: 'failed';
  readonly reason: string;
  readonly detail: string;
}

type Credit = NonNullable<(typeof creditFind)['row']>;

/** A credit as it stands in Stripe: a credit note, or an entry on the balance. Amounts in Stripe's unit, positive. */
interface InStripe {
  readonly id: string;
  readonly amount: bigint;
  readonly currency: string;
}

type Found = { readonly kind: 'found'; readonly credit: InStripe } | { readonly kind: 'absent' } | Failed;

const FINAL = new Set(['finalized', 'paid', 'uncollectible']);

/**
 * Gives one credit back in Stripe, once. Stripe is asked first what stands there, by the credit's id; what is absent is
 * sent with the key and bytes that were committed before, and the answer is compared with what is owed. A repeat at any
 * point goes on where the last one ended.
 */
export async function issueCredit(
  dependencies: CreditDependencies,
  creditId: string,
  actor: string,
): Promise<CreditOutcome> {
  const credit = await dependencies.database.first(creditFind, { credit_id: creditId });
  if (!credit) return { kind: 'unknown_credit' };
  if (credit.status === 'issued') return { kind: 'already_issued' };
  if (credit.status === 'cancelled') return { kind: 'not_due' };
  if (credit.carrier_status !== null && !FINAL.has(credit.carrier_status)) return { kind: 'not_due' };
  const client = await dependencies.stripe();
  const found = await lookUp(client, credit);
  if (found.kind === 'failed') return fail(dependencies, credit, actor, found);
  const kept = await commit(dependencies, client, credit, actor);
  if (kept.kind === 'failed') return fail(dependencies, credit, actor, kept);
  if (found.kind === 'found') return finish(dependencies, credit, actor, found.credit);
  const sent = await send(client, credit, kept.request);
  return sent.kind === 'failed'
    ? fail(dependencies, credit, actor, sent)
    : finish(dependencies, credit, actor, sent.credit);
}

async function lookUp(client: StripeClient, credit: Credit): Promise<Found> {
  if (credit.kind === 'credit_note') {
    const { stripe_invoice_id: invoice, invoice_status: status } = credit;
    if (invoice === null || status === null || !FINAL.has(status))
      return failed('invoice_not_final', `invoice ${credit.invoice_id} is ${status} and cannot be credited yet`);
    const listed = await listCreditNotes(client, invoice);
    if (listed.kind === 'too_many')
      return failed('too_many_credit_notes', `${invoice} has more than ${listed.limit} credit notes`);
    if (listed.kind !== 'listed') return stripeFailure(listed, 'looking for the credit note');
    const notes = listed.items.filter(({ metadata }) => metadata.daybook_credit_note_id === credit.credit_id);
    const standing = notes.filter(({ status }) => status !== 'void');
    if (standing.length === 0 && notes.length > 0) {
      // A key that Stripe remembers would be answered with the note as it was: nothing is sent before a person has looked.
      const voided = notes.map(({ id }) => id).join(', ');
      return failed(
        'voided_in_stripe',
        `${voided} was made for this credit and voided in Stripe: ask who did, then daybook exceptions waive, or give it back otherwise`,
      );
    }
    return one(standing.map(({ id, total, currency }) => ({ id, amount: total, currency })));
  }
  if (credit.stripe_customer_id === null)
    return failed('no_stripe_customer', `customer ${credit.customer_id} has no Stripe customer id; set one`);
  const listed = await listBalanceTransactions(client, credit.stripe_customer_id);
  if (listed.kind === 'too_many')
    return failed('too_many_entries', `the balance has more than ${listed.limit} entries`);
  if (listed.kind !== 'listed') return stripeFailure(listed, 'looking for the entry on the balance');
  const entries = listed.items.filter(({ metadata }) => metadata.daybook_credit_id === credit.credit_id);
  return one(entries.map(({ id, amount, currency }) => ({ id, amount: -amount, currency })));
}

function one(standing: readonly InStripe[]): Found {
  const [first, ...others] = standing;
  if (first === undefined) return { kind: 'absent' };
  if (others.length === 0) return { kind: 'found', credit: first };
  return failed(
    'several_credits_in_stripe',
    `Stripe has ${standing.map(({ id }) => id).join(', ')} for the same credit; void all but one`,
  );
}

/** The request as it would be made now: what of a credit note goes to the balance follows from what is still open. */
async function planRequest(
  client: StripeClient,
  credit: Credit,
): Promise<{ readonly kind: 'planned'; readonly request: StripeRequest } | Failed> {
  const shared = {
    id: credit.credit_id,
    currency: currency(credit.currency),
    amount: minorUnits(credit.amount),
    description: `Correction of ${credit.period} (${credit.adjustment_id})`,
  };
  if (credit.kind === 'balance') {
    const plan = planBalanceCreditRequest({ ...shared, stripeCustomerId: credit.stripe_customer_id ?? '' });
    return plan.kind === 'planned' ? plan : failed(plan.reason, plan.detail);
  }
  const stripeInvoiceId = credit.stripe_invoice_id ?? '';
  const invoice = await retrieveInvoice(client, stripeInvoiceId);
  if (invoice.kind !== 'ok') return stripeFailure(invoice, 'reading the invoice');
  const amount = toStripeAmount(shared.amount, shared.currency);
  if (amount.kind === 'refused') return failed(amount.reason, amount.detail);
  const open = invoice.object.amount_remaining;
  const beyond = fromStripeAmount((amount.amount > open ? amount.amount - open : 0n) as StripeAmount, shared.currency);
  if (beyond.kind === 'refused') return failed(beyond.reason, beyond.detail);
  const plan = planCreditNoteRequest({ ...shared, stripeInvoiceId, toBalance: beyond.amount });
  return plan.kind === 'planned' ? plan : failed(plan.reason, plan.detail);
}

type Kept = Pick<StripeRequest, 'idempotencyKey' | 'path' | 'body' | 'bodyDigest'>;

/** Failures after which Stripe may answer with the same error for a day: other bytes then go under the next key. */
const BURNT = /^(stripe_refused|stripe_stored_server_error|key_reused_with_another_body):/;

/**
 * Keeps key and bytes before they are sent. They stay what they are while Stripe may still be doing what they say; once
 * it has refused them, and a lookup has shown that nothing was done, the request is made anew under the next key.
 */
async function commit(
  { database, effects }: CreditDependencies,
  client: StripeClient,
  credit: Credit,
  actor: string,
): Promise<{ readonly kind: 'kept'; readonly request: Kept } | Failed> {
  const kept = keptOf(credit);
  if (credit.status === 'committed' && kept !== undefined) return { kind: 'kept', request: kept };
  const next = kept !== undefined && !BURNT.test(credit.failure_detail ?? '') ? kept : await anew(client, credit, kept);
  if ('kind' in next) return next;
  return database.transaction({ actor, why: 'the request is kept before it is sent' }, async (transaction) => {
    const committed = await transaction.first(creditCommit, {
      credit_id: credit.credit_id,
      idempotency_key: next.idempotencyKey,
      path: next.path,
      body: next.body,
      body_digest: next.bodyDigest,
      committed_at: effects.now(),
    });
    const other = committed ? undefined : await transaction.first(creditFind, { credit_id: credit.credit_id });
    return { kind: 'kept' as const, request: (other && keptOf(other)) ?? next };
  });
}

async function anew(client: StripeClient, credit: Credit, burnt: Kept | undefined): Promise<Kept | Failed> {
  const planned = await planRequest(client, credit);
  if (planned.kind === 'failed') return planned;
  const { idempotencyKey, path, body, bodyDigest } = planned.request;
  return {
    idempotencyKey: burnt === undefined ? idempotencyKey : replacementKey(burnt.idempotencyKey),
    path,
    body,
    bodyDigest,
  };
}

function keptOf({ idempotency_key, path, body, body_digest }: Credit): Kept | undefined {
  if (idempotency_key === null || path === null || body === null || body_digest === null) return undefined;
  return { idempotencyKey: idempotency_key, path, body, bodyDigest: body_digest as Kept['bodyDigest'] };
}

async function send(
  client: StripeClient,
  credit: Credit,
  kept: Kept,
): Promise<{ readonly kind: 'sent'; readonly credit: InStripe } | Failed> {
  const request: StripeRequest = { ...kept, step: credit.kind, method: 'POST' };
  if (credit.kind === 'credit_note') {
    const outcome = await sendRequest(client, request, stripeCreditNoteSchema);
    if (outcome.kind !== 'ok') return stripeFailure(outcome, 'making the credit note');
    const { id, total, currency: of } = outcome.object;
    return { kind: 'sent', credit: { id, amount: total, currency: of } };
  }
  const outcome = await sendRequest(client, request, stripeBalanceTransactionSchema);
  if (outcome.kind !== 'ok') return stripeFailure(outcome, 'writing the entry on the balance');
  const { id, amount, currency: of } = outcome.object;
  return { kind: 'sent', credit: { id, amount: -amount, currency: of } };
}

/** Compares what stands in Stripe with what is owed, keeps it, and ends the adjustment when this was the last of it. */
async function finish(
  dependencies: CreditDependencies,
  credit: Credit,
  actor: string,
  standing: InStripe,
): Promise<CreditOutcome> {
  const owed = toStripeAmount(minorUnits(credit.amount), currency(credit.currency));
  if (owed.kind === 'refused' || owed.amount !== standing.amount || standing.currency !== credit.currency) {
    const detail = `Stripe's ${standing.id} is of ${standing.amount} ${standing.currency}, not of ${credit.amount} minor units of ${credit.currency}; void it`;
    return fail(dependencies, credit, actor, failed('stripe_differs', detail));
  }
  const { database, effects } = dependencies;
  await database.transaction({ actor, why: `given back in Stripe as ${standing.id}` }, async (transaction) => {
    const key = { credit_id: credit.credit_id };
    const issued = await transaction.first(creditIssue, { ...key, stripe_id: standing.id, answered_at: effects.now() });
    if (!issued) return;
    await transaction.rows(adjustmentApply, { adjustment_id: credit.adjustment_id, invoice_id: null });
    await resolveException(transaction, effects, 'credit_failed', credit.credit_id, 'the credit stands in Stripe');
  });
  return { kind: 'issued', stripeId: standing.id };
}

async function fail(
  { database, effects }: CreditDependencies,
  credit: Credit,
  actor: string,
  failure: Failed,
): Promise<Failed> {
  const { reason, detail } = failure;
  await database.transaction({ actor, why: `${reason}: ${detail}` }, async (transaction) => {
    const now = await transaction.first(creditFind, { credit_id: credit.credit_id });
    if (now?.status === 'issued' || now?.status === 'cancelled') return;
    await transaction.rows(creditFail, { credit_id: credit.credit_id, failure_detail: `${reason}: ${detail}` });
    await raiseException(transaction, effects, { class: 'credit_failed', subject: credit.credit_id, reason, detail });
    await recordEvents(transaction, effects, [
      { type: 'credit.failed', data: { creditId: credit.credit_id, reason, detail } },
    ]);
  });
  return failure;
}

function failed(reason: string, detail: string): Failed {
  return { kind: 'failed', reason, detail };
}

function stripeFailure(outcome: StripeFailure, doing: string): Failed {
  switch (outcome.kind) {
    case 'retryable':
      return failed(`stripe_${outcome.reason}`, `Stripe could not be asked while ${doing}; it is tried again`);
    case 'unknown':
      return failed(
        `stripe_${outcome.reason}`,
        `Stripe's answer was lost while ${doing}; it is looked up at the next attempt`,
      );
    case 'refused':
      return failed('stripe_refused', `Stripe refused ${doing}: ${outcome.message}`);
    case 'conflict':
      return failed(outcome.reason, `Stripe refused ${doing}: ${outcome.message}`);
    default:
      return outcome satisfies never;
  }
}
