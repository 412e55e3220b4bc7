import type { z } from 'zod';
import { canonicalJson } from '../canonical/canonical-json.ts';
import type { Database } from '../database/database.ts';
import {
  invoiceLock,
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
import type { StripeRequest } from '../stripe/request.ts';
import {
  type CommittedRequest,
  type Found,
  failureOf,
  type RequestLedger,
  type StepFailed,
  type StepOutcome,
  takeStep,
} from './committed-step.ts';

export interface StepDependencies {
  readonly database: Database;
  readonly effects: Effects;
}

export interface StepWork {
  readonly invoiceId: string;
  readonly stripeCustomerId: string;
  readonly obligation: Obligation;
  readonly actor: string;
}

/**
 * Keeps the keys and bytes of requests of an invoice before the first is sent. What was kept earlier stays: if today's
 * code would send other bytes under the same key, the invoice stops instead. The invoice's row is locked: of two workers
 * that begin at once, the second finds what the first has kept.
 */
export async function commitRequests(
  { database, effects }: StepDependencies,
  work: StepWork,
  requests: readonly StripeRequest[],
): Promise<{ readonly kind: 'committed'; readonly requests: readonly CommittedRequest[] } | StepFailed> {
  return database.transaction(
    { actor: work.actor, why: 'requests are kept before they are sent' },
    async (transaction) => {
      await transaction.rows(invoiceLock, { invoice_id: work.invoiceId });
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
      const rows = await transaction.rows(stripeRequestList, { invoice_id: work.invoiceId });
      const kept = new Map(rows.map((row) => [row.step, row]));
      const changed = requests.find((request) => kept.get(request.step)?.body_digest !== request.bodyDigest);
      const more = rows.find(
        (row) => isOfSamePlan(row.step, requests) && !requests.some(({ step }) => step === row.step),
      );
      const step = changed?.step ?? more?.step;
      if (step !== undefined) {
        const detail = `the request ${step} differs from the one that was kept at the first attempt; deploy the earlier version, or void the invoice (daybook invoice void ${work.invoiceId} --why "…") and bill it anew (daybook invoice reissue ${work.invoiceId} --why "…")`;
        return { kind: 'failed' as const, reason: 'committed_bytes_differ', detail };
      }
      const committed = requests.map((request) => ({
        request: { ...request, idempotencyKey: kept.get(request.step)?.idempotency_key ?? request.idempotencyKey },
        sentBefore: !fresh.has(request.step),
      }));
      return { kind: 'committed' as const, requests: committed };
    },
  );
}

/** The batches of lines are one plan: one batch more than today's code makes is a difference too. */
function isOfSamePlan(step: string, requests: readonly StripeRequest[]): boolean {
  return step.startsWith('add_lines:') && requests.some(({ step: own }) => own === 'create');
}

/** The requests of one invoice, as they are kept. */
export function invoiceLedger<T extends { readonly id: string }>(
  { database, effects }: StepDependencies,
  work: Pick<StepWork, 'invoiceId' | 'actor'>,
  toldOf: (object: T) => Readonly<Record<string, string | null>>,
): RequestLedger<T> {
  const { invoiceId, actor } = work;
  return {
    keepAnswer: async ({ step }, object) => {
      const response = canonicalJson({ id: object.id, ...toldOf(object) });
      const columns = { invoice_id: invoiceId, step, response, answered_at: effects.now() };
      await database.transaction({ actor, why: `${step} was answered` }, (transaction) =>
        transaction.rows(stripeRequestAnswer, columns),
      );
    },
    keepKey: async ({ step, idempotencyKey }, why) => {
      const columns = { invoice_id: invoiceId, step, idempotency_key: idempotencyKey, committed_at: effects.now() };
      const kept = await database.transaction({ actor, why }, (transaction) =>
        transaction.first(stripeRequestReplaceKey, columns),
      );
      return kept !== undefined;
    },
  };
}

function answersOf(dependencies: StepDependencies, work: StepWork): RequestLedger<StripeInvoice> {
  return invoiceLedger<StripeInvoice>(dependencies, work, ({ status, number, subtotal }) => ({
    status,
    number,
    subtotal: subtotal.toString(),
  }));
}

function invoiceStep(
  dependencies: StepDependencies,
  client: StripeClient,
  work: StepWork,
  step: CommittedRequest,
  lookUp: (replayed: StripeInvoice | null) => Promise<Found<StripeInvoice>>,
): Promise<StepOutcome<StripeInvoice>> {
  const ledger = answersOf(dependencies, work);
  const schema: z.ZodType<StripeInvoice> = stripeInvoiceSchema;
  return takeStep(client, ledger, step, schema, lookUp);
}

/** What Stripe has for the obligation. */
export async function lookUpInvoice(
  client: StripeClient,
  work: Pick<StepWork, 'stripeCustomerId' | 'obligation'>,
): Promise<Found<StripeInvoice>> {
  const found = await findInvoice(client, work.stripeCustomerId, work.obligation);
  switch (found.kind) {
    case 'found':
      return { kind: 'done', object: found.invoice };
    case 'absent':
      return found;
    case 'several':
      return {
        kind: 'failed',
        reason: 'several_invoices_in_stripe',
        detail: `Stripe has ${found.stripeInvoiceIds.join(', ')} for the same obligation; delete or void all but one there`,
      };
    case 'too_many':
      return {
        kind: 'failed',
        reason: 'too_many_invoices',
        detail: `the customer has more than ${found.limit} invoices in Stripe`,
      };
    default:
      return failureOf(found, 'looking for the invoice');
  }
}

/**
 * Makes the draft, or adopts the one that stands for the obligation. Stripe is always asked first, also when no attempt
 * is known here: a database that was restored from a backup does not remember what Stripe was told after it.
 */
export function takeCreateStep(
  dependencies: StepDependencies,
  client: StripeClient,
  work: StepWork,
  step: CommittedRequest,
): Promise<StepOutcome<StripeInvoice>> {
  return invoiceStep(dependencies, client, work, { ...step, sentBefore: true }, (replayed) =>
    replayed === null ? lookUpInvoice(client, work) : readIfThere(client, replayed.id),
  );
}

/** The invoice by its id; absent when its draft was deleted. */
async function readIfThere(client: StripeClient, stripeInvoiceId: string): Promise<Found<StripeInvoice>> {
  const invoice = await retrieveInvoice(client, stripeInvoiceId);
  if (invoice.kind === 'refused' && invoice.reason === 'not_found') return { kind: 'absent' };
  return invoice.kind === 'ok' ? { kind: 'done', object: invoice.object } : failureOf(invoice, 'reading the invoice');
}

/**
 * Adds one batch of lines, unless an earlier attempt has. Stripe adds a batch whole or not at all: when only some of its
 * lines are there, somebody has taken out the others, and nothing is added beside them.
 */
export function takeLinesStep(
  dependencies: StepDependencies,
  client: StripeClient,
  work: StepWork,
  step: CommittedRequest,
  stripeInvoiceId: string,
): Promise<StepOutcome<StripeInvoice>> {
  return invoiceStep(dependencies, client, work, step, async (replayed) => {
    // The lines of this very draft were added: what a person has changed since is found by the comparison.
    if (replayed !== null) return readBack(client, stripeInvoiceId);
    const listed = await listInvoiceLines(client, stripeInvoiceId);
    if (listed.kind === 'too_many')
      return {
        kind: 'failed',
        reason: 'too_many_lines',
        detail: `${stripeInvoiceId} has more than ${listed.limit} lines`,
      };
    if (listed.kind !== 'listed') return failureOf(listed, 'reading the lines');
    const there = new Set(listed.items.map((line) => line.metadata.daybook_line));
    const wanted = [...new URLSearchParams(step.request.body)].filter(([name]) => name.endsWith('[daybook_line]'));
    const missing = wanted.filter(([, key]) => !there.has(key));
    if (missing.length === 0) return readBack(client, stripeInvoiceId);
    if (missing.length === wanted.length) return { kind: 'absent' };
    const detail = `${missing.length} of the ${wanted.length} lines of ${step.request.step} are gone from ${stripeInvoiceId} in Stripe: void the invoice (daybook invoice void ${work.invoiceId} --why "…") and bill it anew (daybook invoice reissue ${work.invoiceId} --why "…")`;
    return { kind: 'failed', reason: 'stripe_differs', detail };
  });
}

/** Keeps what Stripe shows as the answer to requests for lines, when it finalized the draft before they were answered. */
export async function keepLinesAnswers(
  dependencies: StepDependencies,
  work: StepWork,
  steps: readonly CommittedRequest[],
  invoice: StripeInvoice,
): Promise<void> {
  const ledger = answersOf(dependencies, work);
  for (const { request } of steps) await ledger.keepAnswer(request, invoice);
}

/** Finalizes, unless it is final already: by an earlier attempt, another worker, or Stripe itself. */
export function takeFinalizeStep(
  dependencies: StepDependencies,
  client: StripeClient,
  work: StepWork,
  step: CommittedRequest,
  stripeInvoiceId: string,
): Promise<StepOutcome<StripeInvoice>> {
  return invoiceStep(dependencies, client, work, { ...step, sentBefore: true }, async () => {
    const current = await readBack(client, stripeInvoiceId);
    return current.kind === 'done' && current.object.status === 'draft' ? { kind: 'absent' } : current;
  });
}

/** Voids a finalized invoice, unless it ended already. */
export function takeVoidStep(
  dependencies: StepDependencies,
  client: StripeClient,
  work: StepWork,
  step: CommittedRequest,
  stripeInvoiceId: string,
): Promise<StepOutcome<StripeInvoice>> {
  return invoiceStep(dependencies, client, work, step, async () => {
    const current = await readBack(client, stripeInvoiceId);
    const isOpen = current.kind === 'done' && ['open', 'uncollectible'].includes(current.object.status);
    return isOpen ? { kind: 'absent' } : current;
  });
}

async function readBack(client: StripeClient, stripeInvoiceId: string): Promise<StepOutcome<StripeInvoice>> {
  const invoice = await retrieveInvoice(client, stripeInvoiceId);
  return invoice.kind === 'ok' ? { kind: 'done', object: invoice.object } : failureOf(invoice, 'reading the invoice');
}
