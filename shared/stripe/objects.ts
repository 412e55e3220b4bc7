import { z } from 'zod';
import type { StripeAmount } from './currency.ts';

/** Whole amounts only; anything else in an answer makes the whole answer unreadable. */
const amount = z.int().transform((value) => BigInt(value) as StripeAmount);
const metadata = z
  .record(z.string(), z.string())
  .nullish()
  .transform((entries) => entries ?? {});
const reference = z.union([z.string(), z.object({ id: z.string() }).transform((object) => object.id)]);

/** A Stripe invoice, as much of it as Daybook reads. */
export const stripeInvoiceSchema = z.object({
  id: z.string().startsWith('in_'),
  status: z.enum(['draft', 'open', 'paid', 'uncollectible', 'void']),
  customer: reference.nullable(),
  currency: z.string(),
  subtotal: amount,
  total: amount,
  total_excluding_tax: amount.nullish().transform((value) => value ?? null),
  total_discount_amounts: z
    .array(z.object({ amount }))
    .nullish()
    .transform((discounts) => discounts ?? []),
  amount_due: amount,
  amount_paid: amount,
  amount_remaining: amount,
  pre_payment_credit_notes_amount: amount,
  post_payment_credit_notes_amount: amount,
  starting_balance: amount,
  ending_balance: amount.nullish().transform((value) => value ?? null),
  number: z
    .string()
    .nullish()
    .transform((value) => value ?? null),
  metadata,
  collection_method: z
    .string()
    .nullish()
    .transform((value) => value ?? null),
  days_until_due: z
    .int()
    .nullish()
    .transform((value) => value ?? null),
  automatic_tax: z
    .object({ enabled: z.boolean() })
    .nullish()
    .transform((tax) => tax ?? { enabled: false }),
  created: z.int(),
  livemode: z.boolean(),
});
export type StripeInvoice = z.infer<typeof stripeInvoiceSchema>;

/** A line of a Stripe invoice. */
export const stripeInvoiceLineSchema = z.object({
  id: z.string(),
  object: z.literal('line_item'),
  amount,
  currency: z.string(),
  description: z.string().nullable(),
  metadata,
  discount_amounts: z
    .array(z.object({ amount }))
    .nullish()
    .transform((discounts) => discounts ?? []),
});
export type StripeInvoiceLine = z.infer<typeof stripeInvoiceLineSchema>;

export const stripeCustomerSchema = z.object({
  id: z.string().startsWith('cus_'),
  object: z.literal('customer'),
  deleted: z.boolean().optional(),
  /** Set by the first invoice; Stripe bills the customer in no other one from then on. */
  currency: z
    .string()
    .nullish()
    .transform((value) => value ?? null),
  livemode: z.boolean().optional(),
  metadata,
});
export type StripeCustomer = z.infer<typeof stripeCustomerSchema>;

export const stripeCreditNoteSchema = z.object({
  id: z.string().startsWith('cn_'),
  object: z.literal('credit_note'),
  invoice: reference,
  status: z.enum(['issued', 'void']),
  currency: z.string(),
  total: amount,
  metadata,
});
export type StripeCreditNote = z.infer<typeof stripeCreditNoteSchema>;

/** What credit notes have taken off the invoice or given back of it. */
export function creditedOn(invoice: StripeInvoice): StripeAmount {
  return (invoice.pre_payment_credit_notes_amount + invoice.post_payment_credit_notes_amount) as StripeAmount;
}

/** An invoice as a list shows it: with the first of its lines. */
export const listedInvoiceSchema = stripeInvoiceSchema.extend({
  lines: z.object({ data: z.array(stripeInvoiceLineSchema), has_more: z.boolean() }),
});
export type ListedInvoice = z.infer<typeof listedInvoiceSchema>;

/** An entry on a customer's balance; a credit is negative. */
export const stripeBalanceTransactionSchema = z.object({
  id: z.string().startsWith('cbtxn_'),
  object: z.literal('customer_balance_transaction'),
  amount,
  currency: z.string(),
  customer: reference,
  metadata,
});
export type StripeBalanceTransaction = z.infer<typeof stripeBalanceTransactionSchema>;

export const stripeDeletionSchema = z.object({ id: z.string(), deleted: z.literal(true) });

/** A page of a list. */
export function stripePageSchema<Item extends z.ZodType>(item: Item) {
  return z.object({ object: z.literal('list'), data: z.array(item), has_more: z.boolean() });
}

/** How a finalized invoice stands. Below the minimum charge Stripe marks it paid but moves the amount to the balance. */
export type Settlement = 'draft' | 'open' | 'paid' | 'nothing_due' | 'moved_to_balance' | 'uncollectible' | 'void';

/**
 * Says what a paid invoice hides: whether money came, nothing was due (a zero total, or credit on the balance covered
 * it), or the amount waits on the customer's balance for the next invoice.
 */
export function settlementOf(invoice: StripeInvoice): Settlement {
  if (invoice.status !== 'paid') return invoice.status;
  if (invoice.amount_paid > 0n) return 'paid';
  const owedAfterwards = invoice.ending_balance ?? 0n;
  return invoice.total > 0n && owedAfterwards > 0n ? 'moved_to_balance' : 'nothing_due';
}
