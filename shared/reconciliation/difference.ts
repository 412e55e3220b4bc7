import { canonicalJson, digest } from '../canonical/canonical-json.ts';
import type { InvoiceDifference } from '../stripe/compare.ts';

export type DifferenceKind =
  /** Stripe has an invoice with our marks, and there is none here. */
  | 'missing_here'
  /** It stands here as issued, and Stripe has none. */
  | 'missing_in_stripe'
  /** Stripe has more than one for the same obligation. */
  | 'duplicate'
  /** It is final in Stripe and not issued here: a backup was restored, or a person finalized it. */
  | 'ahead_in_stripe'
  | 'status'
  /** Voided in Stripe without a void here. */
  | 'void_by_hand'
  | 'credit_note_by_hand'
  /** It carries the mark of a credit of ours that is not here. */
  | 'credit_note_unknown'
  /** It was given here, and in Stripe it is void or gone, or of another amount. */
  | 'credit_note_missing'
  /** Our own document cannot be made into an invoice of Stripe any more. */
  | 'not_comparable'
  /** Edited after it was compared: amounts, lines, customer, currency, marks. */
  | InvoiceDifference['kind'];

/** One way in which Stripe and Daybook differ. Values are text, in Stripe's units where they are amounts. */
export interface Difference {
  readonly period: string;
  readonly kind: DifferenceKind;
  readonly invoiceId: string | null;
  readonly stripeInvoiceId: string | null;
  readonly place: string | null;
  readonly local: string | null;
  readonly stripe: string | null;
}

/** What makes two findings one; see the table. */
export function differenceKey(difference: Difference): string {
  const { period, kind, invoiceId, stripeInvoiceId, place, local, stripe } = difference;
  return digest(canonicalJson([period, kind, invoiceId, stripeInvoiceId, place, local, stripe]));
}

/** A difference that the comparison of two invoices found, as a difference of the period. */
export function ofComparison(
  difference: InvoiceDifference,
  at: Pick<Difference, 'period' | 'invoiceId' | 'stripeInvoiceId'>,
): Difference {
  return { ...at, kind: difference.kind, ...placeAndValues(difference) };
}

function placeAndValues(difference: InvoiceDifference): Pick<Difference, 'place' | 'local' | 'stripe'> {
  switch (difference.kind) {
    case 'customer':
    case 'currency':
    case 'collection':
    case 'automatic_tax':
    case 'subtotal':
    case 'total_before_tax':
    case 'line_count':
      return { place: null, local: text(difference.local), stripe: text(difference.stripe) };
    case 'metadata':
      return { place: difference.name, local: difference.local, stripe: difference.stripe };
    case 'line_missing':
      return { place: difference.key, local: text(difference.local), stripe: null };
    case 'line_repeated':
      return { place: difference.key, local: '1', stripe: text(difference.count) };
    case 'line_unexpected':
      return { place: difference.key ?? difference.stripeLineId, local: null, stripe: text(difference.stripe) };
    case 'line_amount':
    case 'line_currency':
    case 'line_description':
      return { place: difference.key, local: text(difference.local), stripe: text(difference.stripe) };
    case 'line_metadata':
      return { place: `${difference.key} ${difference.name}`, local: difference.local, stripe: difference.stripe };
    case 'line_discount':
      return { place: difference.key, local: '0', stripe: text(difference.stripe) };
    default:
      return difference satisfies never;
  }
}

function text(value: string | number | bigint | boolean | null): string | null {
  return value === null ? null : String(value);
}
