import type { DifferenceKind } from './difference.ts';

/** What a person does about a difference of the kind, when it is not right as it is. Nothing of it happens by itself. */
export function nextStep(kind: DifferenceKind): string {
  switch (kind) {
    case 'status':
    case 'void_by_hand':
      return 'its webhook was lost, or is on its way: daybook reconcile follow NUMBER --as person:… --why "…" reads it from Stripe and follows it';
    case 'ahead_in_stripe':
      return 'daybook run issue PERIOD adopts what stands in Stripe, once it is compared line by line';
    case 'duplicate':
    case 'missing_here':
      return 'find out who made it; delete the draft, or void the invoice, in Stripe';
    case 'missing_in_stripe':
      return 'look for it in the Stripe account and mode that the key belongs to; or void it (daybook invoice void INVOICE --why "…") and bill it anew (daybook invoice reissue INVOICE --why "…")';
    case 'credit_note_by_hand':
    case 'credit_note_unknown':
      return 'find out who made it; void it in Stripe, or accept it with the reason';
    case 'credit_note_missing':
      return 'the customer lacks this credit: find out who voided it, and give it again in Stripe, or accept it with the reason';
    case 'not_comparable':
      return 'daybook invoice show INVOICE shows the document that cannot be compared';
    case 'automatic_tax':
    case 'collection':
    case 'currency':
    case 'customer':
    case 'line_amount':
    case 'line_count':
    case 'line_currency':
    case 'line_description':
    case 'line_discount':
    case 'line_metadata':
    case 'line_missing':
    case 'line_repeated':
    case 'line_unexpected':
    case 'metadata':
    case 'subtotal':
    case 'total_before_tax':
      return 'it was changed in Stripe after it was compared: change it back there, or void it (daybook invoice void INVOICE --why "…") and bill it anew (daybook invoice reissue INVOICE --why "…")';
    default:
      return kind satisfies never;
  }
}
