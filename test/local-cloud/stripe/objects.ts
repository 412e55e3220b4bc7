export type Metadata = Readonly<Record<string, string>>;

export interface CustomerObject {
  readonly id: string;
  readonly object: 'customer';
  readonly balance: number;
  readonly created: number;
  readonly currency: string | null;
  readonly description: string | null;
  readonly email: string | null;
  readonly livemode: boolean;
  readonly metadata: Metadata;
  readonly name: string | null;
}

export interface LineObject {
  readonly id: string;
  readonly object: 'line_item';
  readonly amount: number;
  readonly currency: string;
  readonly description: string | null;
  readonly discount_amounts: readonly { readonly amount: number; readonly discount: string }[];
  readonly discountable: boolean;
  readonly discounts: readonly string[];
  readonly invoice: string;
  readonly livemode: boolean;
  readonly metadata: Metadata;
  readonly parent: object;
  readonly period: { readonly start: number; readonly end: number };
  readonly pretax_credit_amounts: readonly object[];
  readonly pricing: null;
  readonly quantity: number;
  readonly quantity_decimal: string;
  readonly subscription: null;
  readonly subtotal: number;
  readonly taxes: readonly object[];
}

export type InvoiceStatus = 'draft' | 'open' | 'paid' | 'uncollectible' | 'void';

/** A Stripe invoice as it is kept, without its lines. */
export interface InvoiceObject {
  readonly id: string;
  readonly object: 'invoice';
  readonly amount_due: number;
  readonly amount_overpaid: number;
  readonly amount_paid: number;
  readonly amount_remaining: number;
  readonly amount_shipping: number;
  readonly attempt_count: number;
  readonly attempted: boolean;
  readonly auto_advance: boolean;
  readonly automatic_tax: { readonly enabled: boolean; readonly status: string | null };
  readonly billing_reason: 'manual';
  readonly collection_method: string;
  readonly created: number;
  readonly currency: string;
  readonly customer: string;
  readonly days_until_due: number | null;
  readonly description: string | null;
  readonly discounts: readonly string[];
  readonly due_date: number | null;
  readonly ending_balance: number | null;
  readonly hosted_invoice_url: string | null;
  readonly livemode: boolean;
  readonly metadata: Metadata;
  readonly number: string | null;
  readonly period_end: number;
  readonly period_start: number;
  readonly post_payment_credit_notes_amount: number;
  readonly pre_payment_credit_notes_amount: number;
  readonly starting_balance: number;
  readonly status: InvoiceStatus;
  readonly status_transitions: {
    readonly finalized_at: number | null;
    readonly marked_uncollectible_at: number | null;
    readonly paid_at: number | null;
    readonly voided_at: number | null;
  };
  readonly subtotal: number;
  readonly subtotal_excluding_tax: number;
  readonly total: number;
  readonly total_discount_amounts: readonly { readonly amount: number; readonly discount: string }[];
  readonly total_excluding_tax: number;
  readonly total_pretax_credit_amounts: readonly object[];
  readonly total_taxes: readonly object[];
}

/** A pending item: on the customer, not yet on an invoice. */
export interface InvoiceItemObject {
  readonly id: string;
  readonly object: 'invoiceitem';
  readonly amount: number;
  readonly currency: string;
  readonly customer: string;
  readonly date: number;
  readonly description: string | null;
  readonly discountable: boolean;
  readonly invoice: string | null;
  readonly livemode: boolean;
  readonly metadata: Metadata;
}

export interface CreditNoteObject {
  readonly id: string;
  readonly object: 'credit_note';
  readonly amount: number;
  readonly created: number;
  readonly currency: string;
  readonly customer: string;
  readonly invoice: string;
  readonly livemode: boolean;
  readonly memo: string | null;
  readonly metadata: Metadata;
  readonly number: string;
  readonly status: 'issued' | 'void';
  readonly subtotal: number;
  readonly total: number;
  readonly type: 'pre_payment' | 'post_payment' | 'mixed';
}

/** An entry on a customer's balance; a credit is negative. */
export interface BalanceTransactionObject {
  readonly id: string;
  readonly object: 'customer_balance_transaction';
  readonly amount: number;
  readonly created: number;
  readonly credit_note: string | null;
  readonly currency: string;
  readonly customer: string;
  readonly description: string | null;
  readonly ending_balance: number;
  readonly invoice: string | null;
  readonly livemode: boolean;
  readonly metadata: Metadata;
  readonly type: 'adjustment';
}

export interface EventObject {
  readonly id: string;
  readonly object: 'event';
  readonly api_version: string;
  readonly created: number;
  readonly data: { readonly object: object };
  readonly livemode: boolean;
  readonly pending_webhooks: number;
  readonly request: { readonly id: string | null; readonly idempotency_key: string | null };
  readonly type: string;
}
