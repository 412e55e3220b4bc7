import type { Database } from '../database/database.ts';
import { type InvoiceStatus, invoiceFindForIssue } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import type { StripeClient } from '../stripe/client.ts';
import { compareInvoice, compareTotals, type InvoiceDifference } from '../stripe/compare.ts';
import { type ExpectedInvoice, planInvoiceRequests } from '../stripe/invoice-request.ts';
import { listInvoiceLines, retrieveInvoice } from '../stripe/lookup.ts';
import type { StripeInvoice } from '../stripe/objects.ts';
import type { Obligation } from '../stripe/obligation.ts';
import { atInvoice, type StripeRequest } from '../stripe/request.ts';
import { failureOf, type StepFailed, type StepOutcome } from './committed-step.ts';
import {
  failInvoice,
  finishInvoice,
  holdUnsendable,
  type InvoiceOnItsWay,
  moveInvoice,
  resumeInvoice,
} from './invoice-progress.ts';
import { localInvoiceOf } from './local-invoice.ts';
import { commitRequests, keepLinesAnswers, takeCreateStep, takeFinalizeStep, takeLinesStep } from './stripe-steps.ts';

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
  /** Its void is approved: it is not issued any more. */
  | { readonly kind: 'being_voided' }
  /** Another attempt or a void has moved it on meanwhile: this one stopped, and that one decides. */
  | { readonly kind: 'overtaken'; readonly status: InvoiceStatus }
  /** Stripe cannot be told of it as it is; nothing was sent. A person mends the cause. */
  | { readonly kind: 'held'; readonly reason: string; readonly detail: string }
  | StepFailed;

interface Work extends InvoiceOnItsWay {
  readonly stripeCustomerId: string;
  readonly obligation: Obligation;
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
    case 'stripe_failed': {
      const resumption = await resumeInvoice(dependencies, invoiceId, actor);
      if (resumption === 'being_voided') return { kind: 'being_voided' };
      // What was read is no longer so: looked at again before Stripe is told anything.
      if (resumption === 'moved_on') return issueInvoice(dependencies, invoiceId, actor);
      break;
    }
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
  if (plan.kind === 'refused') {
    const detail = plan.line === null ? plan.detail : `line ${plan.line}: ${plan.detail}`;
    if (await holdUnsendable(dependencies, work, plan.reason, detail))
      return { kind: 'held', reason: plan.reason, detail };
    return fail(dependencies, work, { kind: 'failed', reason: plan.reason, detail });
  }
  const outcome = await takeSteps(dependencies, work, plan.requests, plan.expected);
  if (outcome.kind === 'failed') return fail(dependencies, work, outcome);
  if (outcome.kind === 'overtaken') return outcome;
  const status = await finishInvoice(dependencies, work, outcome.object, plan.expected.taxByStripe);
  if (!ISSUED.includes(status)) return { kind: 'overtaken', status };
  return { kind: 'issued', stripeInvoiceId: outcome.object.id };
}

const ISSUED: readonly InvoiceStatus[] = ['finalized', 'paid', 'uncollectible'];

async function fail(dependencies: IssueDependencies, work: Work, failed: StepFailed): Promise<StepFailed> {
  await failInvoice(dependencies, work, failed);
  return failed;
}

type StepsOutcome = StepOutcome<StripeInvoice> | Extract<IssueOutcome, { kind: 'overtaken' }>;

/**
 * create, add lines, compare, finalize: the order in which an invoice comes to be. Where the invoice stands here is asked
 * again after the draft was made and before it is finalized: an attempt that was overtaken by a void finalizes nothing.
 */
async function takeSteps(
  dependencies: IssueDependencies,
  work: Work,
  requests: readonly StripeRequest[],
  expected: ExpectedInvoice,
): Promise<StepsOutcome> {
  const committed = await commitRequests(dependencies, work, requests);
  if (committed.kind === 'failed') return committed;
  const [create, ...rest] = committed.requests;
  const finalize = rest.at(-1);
  if (!create || !finalize)
    throw new RangeError(`the plan of invoice ${work.invoiceId} has ${requests.length} requests`);
  const client = await dependencies.stripe();

  const created = await takeCreateStep(dependencies, client, work, create);
  if (created.kind === 'failed') return created;
  const { object: draft } = created;
  const drafted = await moveInvoice(dependencies, work.actor, work.invoiceId, 'approved', 'drafted', {
    why: 'the draft stands in Stripe',
    stripeInvoiceId: draft.id,
  });
  if (drafted !== 'drafted' && drafted !== 'verified') return { kind: 'overtaken', status: drafted };
  if (draft.status === 'draft') {
    for (const batch of rest.slice(0, -1)) {
      const step = { ...batch, request: atInvoice(batch.request, draft.id) };
      const added = await takeLinesStep(dependencies, client, work, step, draft.id);
      if (added.kind === 'failed') return added;
    }
  }
  const compared = await verify(client, work.invoiceId, draft.id, expected);
  if (compared.kind === 'failed') return compared;
  if (draft.status !== 'draft') await keepLinesAnswers(dependencies, work, rest.slice(0, -1), compared.object);
  const verified = await moveInvoice(dependencies, work.actor, work.invoiceId, 'drafted', 'verified', {
    why: 'Stripe shows what we sent, line by line',
  });
  if (verified !== 'verified') return { kind: 'overtaken', status: verified };
  const step = { ...finalize, request: atInvoice(finalize.request, draft.id) };
  const finalized = await takeFinalizeStep(dependencies, client, work, step, draft.id);
  if (finalized.kind === 'failed') return finalized;
  if (finalized.object.status === 'void') return voidedInStripe(work.invoiceId, draft.id);
  // Whoever edits the draft in the moment between is found here; the void of what became of it is a person's.
  const differences = compareTotals(expected, finalized.object);
  return differences.length === 0 ? finalized : differsFrom(draft.id, differences);
}

async function verify(
  client: StripeClient,
  invoiceId: string,
  stripeInvoiceId: string,
  expected: ExpectedInvoice,
): Promise<StepOutcome<StripeInvoice>> {
  const invoice = await retrieveInvoice(client, stripeInvoiceId);
  if (invoice.kind !== 'ok') return failureOf(invoice, `reading ${stripeInvoiceId} back`);
  if (invoice.object.status === 'void') return voidedInStripe(invoiceId, stripeInvoiceId);
  const lines = await listInvoiceLines(client, stripeInvoiceId);
  if (lines.kind !== 'listed')
    return {
      kind: 'failed',
      reason: 'stripe_lines_unreadable',
      detail: `the lines of ${stripeInvoiceId} could not be read back`,
    };
  const differences = compareInvoice(expected, invoice.object, lines.items);
  return differences.length === 0
    ? { kind: 'done', object: invoice.object }
    : differsFrom(stripeInvoiceId, differences);
}

/** A person finalized the draft and voided it: nobody is asked for its amount, so that it is not issued. */
function voidedInStripe(invoiceId: string, stripeInvoiceId: string): StepFailed {
  const detail = `${stripeInvoiceId} was voided in Stripe before it was issued here: void it here too with daybook invoice void ${invoiceId}; daybook invoice reissue ${invoiceId} then bills it anew`;
  return { kind: 'failed', reason: 'voided_in_stripe', detail };
}

function differsFrom(stripeInvoiceId: string, differences: readonly InvoiceDifference[]): StepFailed {
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
