import { canonicalJson } from '../canonical/canonical-json.ts';
import type { Database } from '../database/database.ts';
import {
  stripeRequestAnswer,
  stripeRequestCommit,
  stripeRequestList,
  stripeRequestReplaceKey,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import type { StripeClient } from '../stripe/client.ts';
import { findInvoice, listInvoiceLines, retrieveInvoice } from '../stripe/lookup.ts';
import { type StripeInvoice, stripeInvoiceSchema } from '../stripe/objects.ts';
import type { Obligation } from '../stripe/obligation.ts';
import type { StripeFailure } from '../stripe/outcome.ts';
import { type StripeRequest, withReplacementKey } from '../stripe/request.ts';
import { sendRequest } from '../stripe/send.ts';

interface StepDependencies {
  readonly database: Database;
  readonly effects: Effects;
}

interface StepWork {
  readonly invoiceId: string;
  readonly stripeCustomerId: string;
  readonly obligation: Obligation;
  readonly actor: string;
}

/** A request as it was committed. `sentBefore` when it may have been sent: then Stripe is asked what is there first. */
export interface CommittedRequest {
  readonly request: StripeRequest;
  readonly answered: boolean;
  readonly sentBefore: boolean;
}

export type StepOutcome<T> =
  | { readonly kind: 'done'; readonly invoice: T }
  | { readonly kind: 'failed'; readonly reason: string; readonly detail: string };

type Failed = Extract<StepOutcome<never>, { kind: 'failed' }>;

/**
 * Keeps the keys and bytes of every request before the first is sent. What was kept earlier stays: if today's code
 * would send other bytes under the same key, the invoice stops instead.
 */
export async function commitRequests(
  { database, effects }: StepDependencies,
  work: StepWork,
  requests: readonly StripeRequest[],
): Promise<{ readonly kind: 'committed'; readonly requests: readonly CommittedRequest[] } | Failed> {
  return database.transaction(
    { actor: work.actor, why: 'requests are kept before they are sent' },
    async (transaction) => {
      const fresh = new Set<string>();
      for (const request of requests) {
        const kept = await transaction.first(stripeRequestCommit, {
          invoice_id: work.invoiceId,
          step: request.step,
          idempotency_key: request.idempotencyKey,
          method: request.method,
          path: request.path,
          body: request.body,
          body_digest: request.bodyDigest,
          committed_at: effects.now(),
        });
        if (kept) fresh.add(request.step);
      }
      const rows = new Map(
        (await transaction.rows(stripeRequestList, { invoice_id: work.invoiceId })).map((row) => [row.step, row]),
      );
      const changed = requests.find((request) => rows.get(request.step)?.body_digest !== request.bodyDigest);
      if (changed || rows.size !== requests.length) {
        const detail = `the request ${changed?.step ?? 'list'} differs from the one that was kept at the first attempt; deploy the earlier version, or void the invoice and issue it anew`;
        return { kind: 'failed' as const, reason: 'committed_bytes_differ', detail };
      }
      const committed = requests.map((request) => {
        const row = rows.get(request.step);
        return {
          request: { ...request, idempotencyKey: row?.idempotency_key ?? request.idempotencyKey },
          answered: row?.status === 'answered',
          sentBefore: !fresh.has(request.step),
        };
      });
      return { kind: 'committed' as const, requests: committed };
    },
  );
}

/** What an earlier attempt, another worker or Stripe itself has done of a step already. */
type Found = StepOutcome<StripeInvoice> | { readonly kind: 'absent' };

/**
 * One step: looks up what is there if the request may have been sent before, sends it otherwise, and keeps the answer.
 * Stripe repeats a stored server error for a day; when a lookup shows that nothing was done, the bytes go again under
 * the next key.
 */
async function takeStep(
  dependencies: StepDependencies,
  client: StripeClient,
  work: StepWork,
  step: CommittedRequest,
  lookUp: () => Promise<Found>,
): Promise<StepOutcome<StripeInvoice>> {
  let { request } = step;
  if (step.answered || step.sentBefore) {
    const found = await lookUp();
    if (found.kind === 'done') return keepAnswer(dependencies, work, request, found.invoice);
    if (found.kind === 'failed') return found;
  }
  let outcome = await sendRequest(client, request, stripeInvoiceSchema);
  if (outcome.kind === 'unknown' && outcome.reason === 'stored_server_error') {
    const found = await lookUp();
    if (found.kind === 'done') return keepAnswer(dependencies, work, request, found.invoice);
    if (found.kind === 'failed') return found;
    request = await replaceKey(dependencies, work, request);
    outcome = await sendRequest(client, request, stripeInvoiceSchema);
  }
  return outcome.kind === 'ok'
    ? keepAnswer(dependencies, work, request, outcome.object)
    : failure(outcome, request.step);
}

/** Makes the draft, or adopts the one that an earlier attempt made. */
export function takeCreateStep(
  dependencies: StepDependencies,
  client: StripeClient,
  work: StepWork,
  step: CommittedRequest,
): Promise<StepOutcome<StripeInvoice>> {
  return takeStep(dependencies, client, work, step, async () => {
    const found = await findInvoice(client, work.stripeCustomerId, work.obligation);
    switch (found.kind) {
      case 'found':
        return { kind: 'done', invoice: found.invoice };
      case 'absent':
        return found;
      case 'several':
        return {
          kind: 'failed',
          reason: 'several_invoices_in_stripe',
          detail: `Stripe has ${found.stripeInvoiceIds.join(', ')} for the same obligation; void all but one`,
        };
      case 'too_many':
        return {
          kind: 'failed',
          reason: 'too_many_invoices',
          detail: `the customer has more than ${found.limit} invoices in Stripe`,
        };
      default:
        return failure(found, 'looking for the invoice');
    }
  });
}

/** Adds one batch of lines, unless an earlier attempt has. */
export function takeLinesStep(
  dependencies: StepDependencies,
  client: StripeClient,
  work: StepWork,
  step: CommittedRequest,
  stripeInvoiceId: string,
): Promise<StepOutcome<StripeInvoice>> {
  return takeStep(dependencies, client, work, step, async () => {
    const listed = await listInvoiceLines(client, stripeInvoiceId);
    if (listed.kind === 'too_many')
      return {
        kind: 'failed',
        reason: 'too_many_lines',
        detail: `${stripeInvoiceId} has more than ${listed.limit} lines`,
      };
    if (listed.kind !== 'listed') return failure(listed, 'reading the lines');
    const there = new Set(listed.items.map((line) => line.metadata.daybook_line));
    const wanted = [...new URLSearchParams(step.request.body)].filter(([name]) => name.endsWith('[daybook_line]'));
    return wanted.every(([, key]) => there.has(key)) ? readBack(client, stripeInvoiceId) : { kind: 'absent' };
  });
}

/** Finalizes, unless it is final already: by an earlier attempt, another worker, or Stripe itself. */
export function takeFinalizeStep(
  dependencies: StepDependencies,
  client: StripeClient,
  work: StepWork,
  step: CommittedRequest,
  stripeInvoiceId: string,
): Promise<StepOutcome<StripeInvoice>> {
  return takeStep(dependencies, client, work, { ...step, sentBefore: true }, async () => {
    const current = await readBack(client, stripeInvoiceId);
    return current.kind === 'done' && current.invoice.status === 'draft' ? { kind: 'absent' } : current;
  });
}

async function readBack(client: StripeClient, stripeInvoiceId: string): Promise<StepOutcome<StripeInvoice>> {
  const invoice = await retrieveInvoice(client, stripeInvoiceId);
  return invoice.kind === 'ok' ? { kind: 'done', invoice: invoice.object } : failure(invoice, 'reading the invoice');
}

async function keepAnswer(
  { database, effects }: StepDependencies,
  work: StepWork,
  request: StripeRequest,
  invoice: StripeInvoice,
): Promise<StepOutcome<StripeInvoice>> {
  const response = canonicalJson({
    id: invoice.id,
    status: invoice.status,
    number: invoice.number,
    subtotal: invoice.subtotal.toString(),
  });
  await database.transaction({ actor: work.actor, why: `${request.step} was answered` }, (transaction) =>
    transaction.rows(stripeRequestAnswer, {
      invoice_id: work.invoiceId,
      step: request.step,
      response,
      answered_at: effects.now(),
    }),
  );
  return { kind: 'done', invoice };
}

async function replaceKey(
  { database, effects }: StepDependencies,
  work: StepWork,
  request: StripeRequest,
): Promise<StripeRequest> {
  const replaced = withReplacementKey(request);
  await database.transaction(
    { actor: work.actor, why: 'Stripe has stored a server error under the old key' },
    (transaction) =>
      transaction.rows(stripeRequestReplaceKey, {
        invoice_id: work.invoiceId,
        step: request.step,
        idempotency_key: replaced.idempotencyKey,
        committed_at: effects.now(),
      }),
  );
  return replaced;
}

function failure(outcome: StripeFailure, doing: string): Failed {
  switch (outcome.kind) {
    case 'retryable':
      return {
        kind: 'failed',
        reason: `stripe_${outcome.reason}`,
        detail: `Stripe could not be asked while ${doing}; it is tried again`,
      };
    case 'unknown':
      return {
        kind: 'failed',
        reason: `stripe_${outcome.reason}`,
        detail: `Stripe's answer was lost while ${doing}; it is looked up at the next attempt`,
      };
    case 'refused':
      return {
        kind: 'failed',
        reason: `stripe_${outcome.reason}`,
        detail: `Stripe refused ${doing}: ${outcome.message}`,
      };
    case 'conflict':
      return { kind: 'failed', reason: outcome.reason, detail: `Stripe refused ${doing}: ${outcome.message}` };
    default:
      return outcome satisfies never;
  }
}
