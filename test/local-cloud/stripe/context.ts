import type { EventObject, InvoiceObject, LineObject } from './objects.ts';
import { missingResource } from './refusal.ts';
import type { StripeStore } from './store.ts';

/** What a call may use: the memory, the clock, and how to say that something happened. */
export interface CallContext {
  readonly store: StripeStore;
  /** Seconds since 1970. */
  readonly now: number;
  readonly idempotencyKey: string | null;
  readonly requestId: string | null;
}

export const API_VERSION = '2026-10-28.endive';
const EMBEDDED_LINES = 10;

/** Records an event in the same transaction; it is delivered after the answer. */
export function happened(context: CallContext, type: string, object: object): void {
  const id = context.store.nextId('evt');
  const event: EventObject = {
    id,
    object: 'event',
    api_version: API_VERSION,
    created: context.now,
    data: { object },
    livemode: false,
    pending_webhooks: 1,
    request: { id: context.requestId, idempotency_key: context.idempotencyKey },
    type,
  };
  context.store.put('events', id, { event, delivered: false });
}

export function invoiceRecord(context: CallContext, id: string) {
  const record = context.store.get('invoices', id);
  if (record === undefined) throw missingResource('invoice', id, 'invoice');
  return record;
}

export function customerObject(context: CallContext, id: string) {
  const customer = context.store.get('customers', id);
  if (customer === undefined) throw missingResource('customer', id, 'customer');
  return customer;
}

/** An invoice as it is answered: with the first of its lines inside. */
export function answerInvoice(record: { invoice: InvoiceObject; lines: readonly LineObject[] }): object {
  const { invoice, lines } = record;
  return {
    ...invoice,
    lines: {
      object: 'list',
      data: lines.slice(0, EMBEDDED_LINES),
      has_more: lines.length > EMBEDDED_LINES,
      total_count: lines.length,
      url: `/v1/invoices/${invoice.id}/lines`,
    },
  };
}

/** Sums of safe integers, refusing to leave their range. */
export function sum(amounts: readonly number[]): number {
  const total = amounts.reduce((all, amount) => all + BigInt(amount), 0n);
  if (!Number.isSafeInteger(Number(total))) throw new RangeError(`the sum ${total} is too large for the stand-in`);
  return Number(total);
}
