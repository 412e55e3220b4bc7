import type { Currency, MinorUnits } from '../exact/currency.ts';
import { toStripeAmount } from './currency.ts';
import { type Obligation, obligationKey, subjectKey } from './obligation.ts';
import { atInvoice, postRequest, type StripeRequest } from './request.ts';
import { descriptionRefusal, printable } from './text.ts';

/** A credit note of Daybook on an invoice that Stripe has finalized. `amount` is positive: what the customer gets back. */
export interface LocalCreditNote {
  readonly id: string;
  readonly stripeInvoiceId: string;
  readonly currency: Currency;
  readonly amount: MinorUnits;
  readonly description: string;
  /** What of the amount goes to the customer's balance because the invoice is paid already; 0 when none of it is. */
  readonly toBalance: MinorUnits;
}

export type CreditNotePlan =
  | { readonly kind: 'planned'; readonly request: StripeRequest }
  | {
      readonly kind: 'refused';
      readonly reason: 'not_positive' | 'not_representable' | 'unsupported_currency' | 'invalid_text';
      readonly detail: string;
    };

/** The call that voids a finalized invoice. A void cannot be undone. */
export function voidRequest(obligation: Obligation, stripeInvoiceId: string): StripeRequest {
  return atInvoice(
    postRequest('void', '/v1/invoices/{invoice}/void', obligationKey(obligation, 'void'), {}),
    stripeInvoiceId,
  );
}

/** The call that deletes a draft, after which the next generation of the obligation may make another. */
export function deleteDraftRequest(obligation: Obligation, stripeInvoiceId: string): StripeRequest {
  const request = postRequest('delete', '/v1/invoices/{invoice}', obligationKey(obligation, 'delete'), {});
  return { ...atInvoice(request, stripeInvoiceId), method: 'DELETE' };
}

/** The call that makes the credit note, with one line for the whole amount. */
export function planCreditNoteRequest(note: LocalCreditNote): CreditNotePlan {
  if (note.amount <= 0n || note.toBalance < 0n || note.toBalance > note.amount) {
    const detail = `amount ${note.amount} must be above 0, and the part to the balance (${note.toBalance}) within it`;
    return { kind: 'refused', reason: 'not_positive', detail };
  }
  const amount = toStripeAmount(note.amount, note.currency);
  if (amount.kind === 'refused') return amount;
  const toBalance = toStripeAmount(note.toBalance, note.currency);
  if (toBalance.kind === 'refused') return toBalance;
  const description = printable(note.description);
  const refusal = descriptionRefusal(description);
  if (refusal !== undefined) return { kind: 'refused', reason: 'invalid_text', detail: refusal };
  const request = postRequest('credit_note', '/v1/credit_notes', subjectKey('credit_note', note.id, 'create'), {
    ...(toBalance.amount === 0n ? {} : { credit_amount: toBalance.amount }),
    invoice: note.stripeInvoiceId,
    lines: [{ description, quantity: 1n, type: 'custom_line_item', unit_amount: amount.amount }],
    metadata: { daybook_credit_note_id: note.id },
  });
  return { kind: 'planned', request };
}

/** A credit of Daybook on a customer's balance: what no invoice can bear. `amount` is positive: the next invoices ask for less. */
export interface LocalBalanceCredit {
  readonly id: string;
  readonly stripeCustomerId: string;
  readonly currency: Currency;
  readonly amount: MinorUnits;
  readonly description: string;
}

/** The call that writes the entry. In Stripe a credit on the balance is negative. */
export function planBalanceCreditRequest(credit: LocalBalanceCredit): CreditNotePlan {
  if (credit.amount <= 0n)
    return { kind: 'refused', reason: 'not_positive', detail: `amount ${credit.amount} must be above 0` };
  const amount = toStripeAmount(credit.amount, credit.currency);
  if (amount.kind === 'refused') return amount;
  const description = printable(credit.description);
  const refusal = descriptionRefusal(description);
  if (refusal !== undefined) return { kind: 'refused', reason: 'invalid_text', detail: refusal };
  const path = `/v1/customers/${encodeURIComponent(credit.stripeCustomerId)}/balance_transactions`;
  const request = postRequest('balance', path, subjectKey('credit', credit.id, 'create'), {
    amount: -amount.amount,
    currency: credit.currency,
    description,
    metadata: { daybook_credit_id: credit.id },
  });
  return { kind: 'planned', request };
}
