import type { Database } from '../database/database.ts';
import { type InvoiceStatus, invoiceAdvance, invoiceFindForIssue } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { raiseException, resolveException } from '../exceptions/exceptions.ts';
import type { StripeClient } from '../stripe/client.ts';
import { compareInvoice } from '../stripe/compare.ts';
import { type ExpectedInvoice, planInvoiceRequests } from '../stripe/invoice-request.ts';
import { listInvoiceLines, retrieveInvoice } from '../stripe/lookup.ts';
import type { StripeInvoice } from '../stripe/objects.ts';
import { settlementOf } from '../stripe/objects.ts';
import type { Obligation } from '../stripe/obligation.ts';
import { atInvoice, type StripeRequest } from '../stripe/request.ts';
import { applyCarried } from './carry-adjustments.ts';
import { localInvoiceOf } from './local-invoice.ts';
import { settleRun } from './run-issuing.ts';
import { commitRequests, type StepOutcome, takeCreateStep, takeFinalizeStep, takeLinesStep } from './stripe-steps.ts';

export interface IssueDependencies {
  readonly database: Database;
  readonly effects: Effects;
  readonly stripe: () => Promise<StripeClient>;
}

export type IssueOutcome =
  | { readonly kind: 'issued'; readonly stripeInvoiceId: string }
  | { readonly kind: 'already_issued' }
  | { readonly kind: 'unknown_invoice' }
  | { readonly kind: 'not_approved'; readonly status: InvoiceStatus }
  | { readonly kind: 'failed'; readonly reason: string; readonly detail: string };

/** One invoice on its way, with who moves it. */
interface Work {
  readonly invoiceId: string;
  readonly runId: string;
  readonly stripeCustomerId: string;
  readonly obligation: Obligation;
  readonly actor: string;
}

/**
 * Brings an approved invoice to Stripe: draft, lines, comparison line by line, finalize (promise 15). Every request is
 * committed before it is sent, and every step looks at what is already there, so that a repeat at any point goes on
 * where the last one ended and never makes a second invoice (promise 4).
 */
export async function issueInvoice(
  dependencies: IssueDependencies,
  invoiceId: string,
  actor: string,
): Promise<IssueOutcome> {
  const { database } = dependencies;
  const row = await database.first(invoiceFindForIssue, { invoice_id: invoiceId });
  if (!row) return { kind: 'unknown_invoice' };
  switch (row.status) {
    case 'approved':
    case 'drafted':
    case 'verified':
      break;
    case 'stripe_failed':
      await move(dependencies, actor, invoiceId, 'stripe_failed', 'approved', { why: 'another attempt' });
      break;
    case 'finalized':
    case 'paid':
    case 'uncollectible':
    case 'void':
      return { kind: 'already_issued' };
    case 'rated':
    case 'held':
    case 'superseded':
      return { kind: 'not_approved', status: row.status };
    default:
      return row.status satisfies never;
  }
  const local = localInvoiceOf(row);
  const plan = planInvoiceRequests(local);
  const work = {
    invoiceId,
    runId: row.run_id,
    stripeCustomerId: row.stripe_customer_id ?? '',
    obligation: local,
    actor,
  };
  if (plan.kind === 'refused')
    return fail(
      dependencies,
      work,
      plan.reason,
      plan.line === null ? plan.detail : `line ${plan.line}: ${plan.detail}`,
    );
  const outcome = await takeSteps(dependencies, work, plan.requests, plan.expected);
  if (outcome.kind === 'failed') return fail(dependencies, work, outcome.reason, outcome.detail);
  await finish(dependencies, work, outcome.invoice);
  return { kind: 'issued', stripeInvoiceId: outcome.invoice.id };
}

type Taken =
  | { readonly kind: 'done'; readonly invoice: StripeInvoice }
  | Extract<StepOutcome<never>, { kind: 'failed' }>;

/** create, add lines, compare, finalize: the order in which an invoice comes to be. */
async function takeSteps(
  dependencies: IssueDependencies,
  work: Work,
  requests: readonly StripeRequest[],
  expected: ExpectedInvoice,
): Promise<Taken> {
  const committed = await commitRequests(dependencies, work, requests);
  if (committed.kind === 'failed') return committed;
  const [create, ...rest] = committed.requests;
  const finalize = rest.at(-1);
  if (!create || !finalize)
    throw new RangeError(`the plan of invoice ${work.invoiceId} has ${requests.length} requests`);
  const client = await dependencies.stripe();

  const created = await takeCreateStep(dependencies, client, work, create);
  if (created.kind === 'failed') return created;
  const { invoice: draft } = created;
  await move(dependencies, work.actor, work.invoiceId, 'approved', 'drafted', {
    why: 'the draft stands in Stripe',
    stripeInvoiceId: draft.id,
  });
  if (draft.status === 'draft') {
    for (const batch of rest.slice(0, -1)) {
      const added = await takeLinesStep(
        dependencies,
        client,
        work,
        { ...batch, request: atInvoice(batch.request, draft.id) },
        draft.id,
      );
      if (added.kind === 'failed') return added;
    }
  }
  const verified = await verify(client, draft.id, expected);
  if (verified.kind === 'failed') return verified;
  await move(dependencies, work.actor, work.invoiceId, 'drafted', 'verified', {
    why: 'Stripe shows what we sent, line by line',
  });
  return takeFinalizeStep(
    dependencies,
    client,
    work,
    { ...finalize, request: atInvoice(finalize.request, draft.id) },
    draft.id,
  );
}

async function verify(
  client: StripeClient,
  stripeInvoiceId: string,
  expected: ExpectedInvoice,
): Promise<StepOutcome<StripeInvoice>> {
  const invoice = await retrieveInvoice(client, stripeInvoiceId);
  if (invoice.kind !== 'ok')
    return {
      kind: 'failed',
      reason: `stripe_${invoice.reason}`,
      detail: `the draft ${stripeInvoiceId} could not be read back`,
    };
  const lines = await listInvoiceLines(client, stripeInvoiceId);
  if (lines.kind !== 'listed')
    return {
      kind: 'failed',
      reason: 'stripe_lines_unreadable',
      detail: `the lines of ${stripeInvoiceId} could not be read back`,
    };
  const differences = compareInvoice(expected, invoice.object, lines.items);
  if (differences.length === 0) return { kind: 'done', invoice: invoice.object };
  const shown = differences
    .slice(0, 5)
    .map((difference) =>
      JSON.stringify(difference, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value)),
    );
  return {
    kind: 'failed',
    reason: 'stripe_differs',
    detail: `Stripe's ${stripeInvoiceId} is not ours in ${differences.length} places: ${shown.join(' ')}`,
  };
}

async function finish({ database, effects }: IssueDependencies, work: Work, invoice: StripeInvoice): Promise<void> {
  await database.transaction(
    { actor: work.actor, why: `finalized in Stripe as ${invoice.number ?? invoice.id}` },
    async (transaction) => {
      const settled = settlementOf(invoice);
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
      if (!moved) return;
      if (settled === 'paid' || settled === 'nothing_due') {
        await transaction.rows(invoiceAdvance, { ...columns, from_status: 'finalized', to_status: 'paid' });
      }
      await applyCarried(transaction, effects, work.invoiceId);
      await resolveException(transaction, effects, 'issuing_failed', work.invoiceId, 'the invoice was issued');
      await recordEvents(transaction, effects, [
        { type: 'invoice.issued', data: { invoiceId: work.invoiceId, runId: work.runId, stripeInvoiceId: invoice.id } },
      ]);
      await settleRun(transaction, work.runId);
    },
  );
}

async function fail(
  { database, effects }: IssueDependencies,
  work: Work,
  reason: string,
  detail: string,
): Promise<IssueOutcome> {
  await database.transaction({ actor: work.actor, why: `${reason}: ${detail}` }, async (transaction) => {
    const row = await transaction.first(invoiceFindForIssue, { invoice_id: work.invoiceId });
    if (row?.status !== 'approved' && row?.status !== 'drafted' && row?.status !== 'verified') return;
    const columns = {
      invoice_id: work.invoiceId,
      stripe_invoice_id: null,
      stripe_number: null,
      failure_detail: `${reason}: ${detail}`,
    };
    await transaction.rows(invoiceAdvance, { ...columns, from_status: row.status, to_status: 'stripe_failed' });
    await raiseException(transaction, effects, { class: 'issuing_failed', subject: work.invoiceId, reason, detail });
    await recordEvents(transaction, effects, [
      { type: 'invoice.failed', data: { invoiceId: work.invoiceId, runId: work.runId, reason, detail } },
    ]);
    await settleRun(transaction, work.runId);
  });
  return { kind: 'failed', reason, detail };
}

/** Moves the invoice when it is in `from`; a repeat finds it moved already and changes nothing. */
async function move(
  { database }: IssueDependencies,
  actor: string,
  invoiceId: string,
  from: InvoiceStatus,
  to: InvoiceStatus,
  what: { readonly why: string; readonly stripeInvoiceId?: string },
): Promise<void> {
  await database.transaction({ actor, why: what.why }, (transaction) =>
    transaction.rows(invoiceAdvance, {
      invoice_id: invoiceId,
      from_status: from,
      to_status: to,
      stripe_invoice_id: what.stripeInvoiceId ?? null,
      stripe_number: null,
      failure_detail: null,
    }),
  );
}
