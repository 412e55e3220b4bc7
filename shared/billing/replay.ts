import { digest } from '../canonical/canonical-json.ts';
import type { InvoiceStatus } from '../database/queries.generated.ts';
import { planInvoiceRequests } from '../stripe/invoice-request.ts';
import { invoiceDocument } from './invoice-document.ts';
import { chargesOf } from './keep-ratings.ts';
import { localInvoiceOf } from './local-invoice.ts';
import type { CustomerRating } from './rate-customer.ts';
import {
  chargeDifferences,
  documentDifferences,
  type KeptChargeRow,
  type KeptRequest,
  keptStripeCustomer,
  type ReplayDifference,
  requestDifferences,
} from './replay-differences.ts';

/** An invoice as it is kept. */
export interface KeptInvoice {
  readonly invoice_id: string;
  readonly customer_id: string;
  readonly period: string;
  readonly series: string;
  readonly generation: number;
  readonly status: InvoiceStatus;
  readonly currency: string;
  readonly subtotal: bigint;
  readonly total: bigint;
  readonly document: string;
  readonly document_digest: string;
  /** As the customer is mapped now. */
  readonly stripe_customer_id: string | null;
  /** The terms of the contract that it was rated by; they are immutable. */
  readonly collection_method: string | null;
  readonly days_until_due: number | null;
  readonly tax: string | null;
}

/** What a replay compares with. */
export interface KeptBytes {
  readonly invoice: KeptInvoice;
  readonly charges: readonly KeptChargeRow[];
  readonly requests: readonly KeptRequest[];
}

interface Replayed {
  readonly invoice: string;
  readonly status: InvoiceStatus;
}

export type InvoiceReplay =
  /** Document, digest, charges and requests came out to the byte (promise 13). */
  | (Replayed & {
      readonly kind: 'identical';
      readonly held: boolean;
      readonly documentBytes: number;
      readonly charges: number;
      readonly requests: number;
    })
  /** Something came out otherwise; see where. */
  | (Replayed & { readonly kind: 'different'; readonly differences: readonly ReplayDifference[] })
  /** Retention has dropped the usage rows: what is kept agrees with itself, and cannot be computed anew. */
  | (Replayed & { readonly kind: 'rows_gone'; readonly requests: number });

/**
 * Makes an invoice anew from its customer's rating, and compares the bytes of the document and its digest, the rows of
 * its charges, and the requests that were committed for Stripe. Pure: the same rating gives the same verdict anywhere.
 */
export function replayInvoice(kept: KeptBytes, rating: CustomerRating): InvoiceReplay {
  const { invoice } = kept;
  const document = invoiceDocument(
    {
      invoiceId: invoice.invoice_id,
      customerId: invoice.customer_id,
      period: invoice.period,
      series: invoice.series,
    },
    rating,
  );
  const subtotal = rating.kind === 'rated' ? rating.subtotal : 0n;
  const charges = chargesOf({ customerId: invoice.customer_id, invoiceId: invoice.invoice_id, rating });
  const differences = [
    ...documentDifferences(invoice.document, document),
    ...fieldDifference('digest', 'document_digest', invoice.document_digest, digest(document)),
    ...fieldDifference('invoice', 'currency', invoice.currency, rating.currency),
    ...fieldDifference('invoice', 'subtotal', invoice.subtotal.toString(), subtotal.toString()),
    ...fieldDifference('invoice', 'total', invoice.total.toString(), subtotal.toString()),
    ...chargeDifferences(kept.charges, charges),
    ...replayRequests(kept, { ...invoice, currency: rating.currency, document }),
  ];
  const head = { invoice: invoice.invoice_id, status: invoice.status };
  if (differences.length > 0) return { ...head, kind: 'different', differences };
  return {
    ...head,
    kind: 'identical',
    held: rating.kind === 'held',
    documentBytes: Buffer.byteLength(document),
    charges: charges.length,
    requests: kept.requests.length,
  };
}

/** What can be said once the usage rows are gone: the digest still fits, and the requests still follow from the document. */
export function replayWithoutRows(kept: KeptBytes): InvoiceReplay {
  const { invoice } = kept;
  const head = { invoice: invoice.invoice_id, status: invoice.status };
  const ofDigest = fieldDifference('digest', 'document_digest', invoice.document_digest, digest(invoice.document));
  // A document that is not the one that was rated has no requests that could be compared.
  const differences = ofDigest.length > 0 ? ofDigest : replayRequests(kept, invoice);
  if (differences.length > 0) return { ...head, kind: 'different', differences };
  return { ...head, kind: 'rows_gone', requests: kept.requests.length };
}

function fieldDifference(
  what: 'digest' | 'invoice',
  field: string,
  kept: string,
  recomputed: string,
): ReplayDifference[] {
  return kept === recomputed ? [] : [{ what, line: null, field, kept, recomputed }];
}

/** Nothing is compared before the first request is committed. */
function replayRequests(kept: KeptBytes, invoice: KeptInvoice): readonly ReplayDifference[] {
  if (kept.requests.length === 0) return [];
  // A customer may be mapped anew later; the requests name the one of their day.
  const stripe_customer_id = keptStripeCustomer(kept.requests) ?? invoice.stripe_customer_id;
  const plan = planInvoiceRequests(localInvoiceOf({ ...invoice, stripe_customer_id }));
  if (plan.kind === 'refused') {
    const field = `requests of the plan (${plan.reason})`;
    return [{ what: 'request', line: plan.line, field, kept: `${kept.requests.length} committed`, recomputed: null }];
  }
  return requestDifferences(kept.requests, plan.requests);
}
