import { asRefusal, type Refusal, refuse } from '../catalogue/refusal.ts';
import type { Transaction } from '../database/database.ts';
import {
  type BillingRunStatus,
  type InvoiceStatus,
  invoiceLock,
  invoiceVoidApprove,
  invoiceVoidAsk,
  invoiceVoidEnd,
  invoiceVoidFind,
} from '../database/queries.generated.ts';
import type { IssueDependencies } from './issue-invoice.ts';

/** An act on the void of an invoice, in somebody's own name. */
export interface VoidAct {
  readonly invoiceId: string;
  readonly actor: string;
  readonly why: string;
}

type VoidReason = 'not_asked' | 'asked_before' | 'not_voidable';
type VoidRefusal = Refusal<VoidReason>;

/** The states that an invoice can be voided from: it stands in Stripe, or it will never get there by itself. */
const VOIDABLE = ['held', 'stripe_failed', 'finalized', 'uncollectible'] as const satisfies readonly InvoiceStatus[];
export type VoidableStatus = (typeof VOIDABLE)[number];

export function isVoidable(status: InvoiceStatus): status is VoidableStatus {
  return (VOIDABLE as readonly InvoiceStatus[]).includes(status);
}

function notVoidable(invoiceId: string, status: InvoiceStatus): VoidRefusal {
  const hint: Readonly<Partial<Record<InvoiceStatus, string>>> = {
    rated: 'hold it first, or let its run be rated anew',
    approved: 'it is on its way to Stripe; wait for its end',
    drafted: 'it is on its way to Stripe; wait for its end',
    verified: 'it is on its way to Stripe; wait for its end',
    paid: 'money came: give it back with a credit note',
  };
  return refuse(
    'not_voidable',
    `Invoice ${invoiceId} is ${status} and cannot be voided: ${hint[status] ?? 'it has ended'}.`,
  );
}

type Voidable = { readonly kind: 'voidable'; readonly runStatus: BillingRunStatus };

async function lockVoidable(transaction: Transaction, invoiceId: string): Promise<Voidable | VoidRefusal> {
  const invoice = await transaction.first(invoiceLock, { invoice_id: invoiceId });
  if (invoice === undefined) return refuse<VoidReason>('not_found', `There is no invoice ${invoiceId}.`);
  return isVoidable(invoice.status)
    ? { kind: 'voidable', runStatus: invoice.run_status }
    : notVoidable(invoiceId, invoice.status);
}

/**
 * Asks for a void. Nothing happens to the invoice until somebody else approves (promise 23, in the database). What was
 * voided after its run was closed is not billed anew: `runStatus` is there to say so before it is done.
 */
export async function askVoid(
  { database, effects }: Pick<IssueDependencies, 'database' | 'effects'>,
  { invoiceId, actor, why }: VoidAct,
): Promise<{ readonly kind: 'asked'; readonly runStatus: BillingRunStatus } | VoidRefusal> {
  return asRefusal(() =>
    database.transaction({ actor, why }, async (transaction) => {
      const invoice = await lockVoidable(transaction, invoiceId);
      if (invoice.kind === 'refused') return invoice;
      const asked = { invoice_id: invoiceId, author: actor, why, asked_at: effects.now() };
      if (await transaction.first(invoiceVoidAsk, asked))
        return { kind: 'asked' as const, runStatus: invoice.runStatus };
      return refuse<'asked_before'>('asked_before', `A void of invoice ${invoiceId} is asked for already.`);
    }),
  );
}

/**
 * Approves the void that somebody else asked for; afterwards it is carried out. The invoice's row is locked, so that no
 * new attempt to issue it can begin beside this. An approval that was given before is confirmed.
 */
export async function approveVoid(
  { database, effects }: Pick<IssueDependencies, 'database' | 'effects'>,
  { invoiceId, actor, why }: VoidAct,
): Promise<{ readonly kind: 'approved' } | VoidRefusal> {
  return asRefusal(() =>
    database.transaction({ actor, why }, async (transaction) => {
      const invoice = await lockVoidable(transaction, invoiceId);
      const live = await transaction.first(invoiceVoidFind, { invoice_id: invoiceId });
      // Stripe's webhook may have told of the void before it was recorded here.
      if (live?.status === 'approved') return { kind: 'approved' as const };
      if (invoice.kind === 'refused') return invoice;
      const approval = { invoice_id: invoiceId, approver: actor, approved_at: effects.now() };
      if (await transaction.first(invoiceVoidApprove, approval)) return { kind: 'approved' as const };
      const detail = `No void of invoice ${invoiceId} is asked for: daybook invoice void ${invoiceId} --why … asks for one.`;
      return refuse<'not_asked'>('not_asked', detail);
    }),
  );
}

/** Takes back what was asked for and is not approved yet. */
export async function withdrawVoid(
  { database, effects }: Pick<IssueDependencies, 'database' | 'effects'>,
  { invoiceId, actor, why }: VoidAct,
): Promise<{ readonly kind: 'withdrawn' } | VoidRefusal> {
  return asRefusal(() =>
    database.transaction({ actor, why }, async (transaction) => {
      const columns = { invoice_id: invoiceId, from_status: 'asked', to_status: 'withdrawn' } as const;
      const ended = await transaction.first(invoiceVoidEnd, { ...columns, ended_at: effects.now(), outcome: why });
      if (ended) return { kind: 'withdrawn' as const };
      return refuse<'not_asked'>('not_asked', `No void of invoice ${invoiceId} waits for an approval.`);
    }),
  );
}
