import type { Database, Transaction } from '../database/database.ts';
import {
  type BillingRunStatus,
  billingRunAdvance,
  billingRunLock,
  invoiceApprove,
  invoiceFindRun,
  invoiceHoldList,
  invoiceHoldRelease,
  invoiceLock,
  invoicePutOnHold,
  invoiceRelease,
} from '../database/queries.generated.ts';
import { refusalOf } from '../database/sqlstate.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { keepTotals } from './finish-rating.ts';
import { holdText } from './holds.ts';
import { UNMAPPED } from './judge-customers.ts';
import { keepHolds } from './keep-holds.ts';

interface DecisionDependencies {
  readonly database: Database;
  readonly effects: Effects;
}

/** A person's decision about one invoice. */
export interface InvoiceDecision {
  readonly invoiceId: string;
  readonly actor: string;
  readonly why: string;
}

export type DecisionOutcome =
  | { readonly kind: 'done'; readonly runId: string; readonly runStatus: BillingRunStatus }
  | { readonly kind: 'refused'; readonly reason: string };

type LockedInvoice = NonNullable<Awaited<ReturnType<typeof lock>>>;

/** Holds a rated invoice by hand; whoever does so does not release it. The run goes on without it. */
export function holdInvoice(dependencies: DecisionDependencies, decision: InvoiceDecision): Promise<DecisionOutcome> {
  return decide(dependencies, decision, async (transaction, invoice) => {
    const { invoiceId, why } = decision;
    if (invoice.status !== 'rated')
      return refused(`invoice ${invoiceId} is ${invoice.status}; only a rated one can be held`);
    const hold = { reason: 'by_hand', detail: why, releasable: true };
    await transaction.rows(invoicePutOnHold, { invoice_id: invoiceId, hold_reason: holdText([hold]) });
    await keepHolds(transaction, dependencies.effects, [{ ...hold, invoiceId }]);
    return done(invoice);
  });
}

/**
 * Lets a held invoice go on with its run, by someone who placed none of its holds (promise 23, enforced by the
 * database). What could not be rated has nothing to release and is rated again; an unmapped customer is mapped first.
 */
export function releaseInvoice(
  dependencies: DecisionDependencies,
  decision: InvoiceDecision,
): Promise<DecisionOutcome> {
  return decide(dependencies, decision, async (transaction, invoice) => {
    const { invoiceId, actor, why } = decision;
    if (invoice.status !== 'held')
      return refused(`invoice ${invoiceId} is ${invoice.status}; only a held one can be released`);
    if (invoice.run_status === 'closed')
      return refused(`run ${invoice.run_id} is closed, and left invoice ${invoiceId} open on purpose; it is final`);
    const holds = (await transaction.rows(invoiceHoldList, { invoice_id: invoiceId })).filter(
      ({ released_by }) => released_by === null,
    );
    const unratable = holds.find(({ releasable }) => !releasable);
    if (unratable !== undefined)
      return refused(
        `invoice ${invoiceId} could not be rated (${unratable.reason}): mend the cause, then daybook run rate ${invoice.run_id}`,
      );
    if (invoice.stripe_customer_id === null && holds.some(({ reason }) => reason === UNMAPPED))
      return refused(`customer ${invoice.customer_id} is still unknown to Stripe: map it first`);
    await transaction.rows(invoiceHoldRelease, {
      invoice_id: invoiceId,
      released_by: actor,
      released_at: dependencies.effects.now(),
      why,
    });
    await transaction.rows(invoiceRelease, { invoice_id: invoiceId });
    return done(invoice);
  });
}

/**
 * Approves an invoice that was released, or rated anew, after its run was signed off, by someone other than who released
 * it and who made the run. It goes to Stripe, and the run is issued when it is there.
 */
export function approveInvoice(
  dependencies: DecisionDependencies,
  decision: InvoiceDecision,
): Promise<DecisionOutcome> {
  return decide(dependencies, decision, async (transaction, invoice) => {
    const { invoiceId, actor } = decision;
    if (invoice.status !== 'rated')
      return refused(`invoice ${invoiceId} is ${invoice.status}; only a rated one can be approved`);
    const run = { run_id: invoice.run_id, fencing_token: invoice.fencing_token };
    switch (invoice.run_status) {
      case 'issuing':
      case 'issuing_failed':
      case 'issued':
        break;
      default:
        return refused(
          `invoice ${invoiceId} is approved with its run, which is ${invoice.run_status}: daybook run approve ${invoice.run_id}`,
        );
    }
    await transaction.rows(invoiceApprove, { invoice_id: invoiceId, approver: actor });
    await transaction.rows(billingRunAdvance, { ...run, from_status: 'issued', to_status: 'issuing' });
    await recordEvents(transaction, dependencies.effects, [
      { type: 'invoice.approved', data: { invoiceId, runId: invoice.run_id } },
    ]);
    return done(invoice);
  });
}

/** Locks the run, then the invoice, in the order of everyone else, and keeps the run's totals what its invoices are. */
async function decide(
  { database }: DecisionDependencies,
  { invoiceId, actor, why }: InvoiceDecision,
  work: (transaction: Transaction, invoice: LockedInvoice) => Promise<DecisionOutcome>,
): Promise<DecisionOutcome> {
  try {
    return await database.transaction({ actor, why }, async (transaction) => {
      const invoice = await lock(transaction, invoiceId);
      if (invoice === undefined) return refused(`there is no invoice ${invoiceId.slice(0, 200)}`);
      const outcome = await work(transaction, invoice);
      if (outcome.kind === 'done' && invoice.run_status === 'in_review')
        await keepTotals(transaction, { runId: invoice.run_id, fencingToken: invoice.fencing_token });
      return outcome;
    });
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal !== undefined) return refused(refusal);
    throw error;
  }
}

async function lock(transaction: Transaction, invoiceId: string) {
  const found = await transaction.first(invoiceFindRun, { invoice_id: invoiceId });
  if (found === undefined) return undefined;
  await transaction.first(billingRunLock, { run_id: found.run_id });
  return transaction.first(invoiceLock, { invoice_id: invoiceId });
}

function done(invoice: LockedInvoice): DecisionOutcome {
  return { kind: 'done', runId: invoice.run_id, runStatus: invoice.run_status };
}

function refused(reason: string): DecisionOutcome {
  return { kind: 'refused', reason };
}
