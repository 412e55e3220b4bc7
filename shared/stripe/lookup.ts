import type { z } from 'zod';
import type { StripeClient } from './client.ts';
import { encodeForm } from './form.ts';
import {
  type ListedInvoice,
  listedInvoiceSchema,
  type StripeBalanceTransaction,
  type StripeCreditNote,
  type StripeCustomer,
  type StripeInvoice,
  type StripeInvoiceLine,
  stripeBalanceTransactionSchema,
  stripeCreditNoteSchema,
  stripeCustomerSchema,
  stripeInvoiceLineSchema,
  stripeInvoiceSchema,
  stripePageSchema,
} from './objects.ts';
import { type Obligation, obligationMetadata } from './obligation.ts';
import type { StripeFailure, StripeOutcome } from './outcome.ts';
import { readFromStripe } from './send.ts';
import { printableMetadata } from './text.ts';

const PAGE_SIZE = 100n;
const MAX_PAGES = 200;

export type ListOutcome<Item> =
  | { readonly kind: 'listed'; readonly items: readonly Item[] }
  /** More pages than anything of ours has; something else is wrong. */
  | { readonly kind: 'too_many'; readonly limit: number }
  | StripeFailure;

export type FoundInvoice =
  | { readonly kind: 'found'; readonly invoice: StripeInvoice }
  | { readonly kind: 'absent' }
  /** More than one invoice that is not void carries the obligation's metadata. Promise 4 is broken: a person must look. */
  | { readonly kind: 'several'; readonly stripeInvoiceIds: readonly string[] }
  | Exclude<ListOutcome<StripeInvoice>, { kind: 'listed' }>;

async function listAll<Item extends { id: string }>(
  client: StripeClient,
  path: string,
  filter: { readonly [name: string]: string },
  item: z.ZodType<Item>,
): Promise<ListOutcome<Item>> {
  const items: Item[] = [];
  for (let page = 0; page < MAX_PAGES; page += 1) {
    const after = items.at(-1);
    const cursor = after === undefined ? {} : { starting_after: after.id };
    const query = encodeForm({ ...filter, ...cursor, limit: PAGE_SIZE });
    const outcome = await readFromStripe(client, `${path}?${query}`, stripePageSchema(item));
    if (outcome.kind !== 'ok') return outcome;
    items.push(...outcome.object.data);
    if (!outcome.object.has_more || outcome.object.data.length === 0) return { kind: 'listed', items };
  }
  return { kind: 'too_many', limit: MAX_PAGES * Number(PAGE_SIZE) };
}

/** All lines of a Stripe invoice, over all pages. */
export function listInvoiceLines(
  client: StripeClient,
  stripeInvoiceId: string,
): Promise<ListOutcome<StripeInvoiceLine>> {
  return listAll(client, `/v1/invoices/${encodeURIComponent(stripeInvoiceId)}/lines`, {}, stripeInvoiceLineSchema);
}

/** All invoices of a Stripe customer, newest first, whatever their status. */
export function listInvoices(client: StripeClient, stripeCustomerId: string): Promise<ListOutcome<StripeInvoice>> {
  return listAll(client, '/v1/invoices', { customer: stripeCustomerId }, stripeInvoiceSchema);
}

/** The invoices of the account that were made since an instant, newest first, each with its first lines. */
export function listInvoicesSince(client: StripeClient, since: Date): Promise<ListOutcome<ListedInvoice>> {
  const seconds = Math.floor(since.getTime() / 1_000).toString();
  return listAll(client, '/v1/invoices', { 'created[gte]': seconds }, listedInvoiceSchema);
}

/** All credit notes on a Stripe invoice. */
export function listCreditNotes(client: StripeClient, stripeInvoiceId: string): Promise<ListOutcome<StripeCreditNote>> {
  return listAll(client, '/v1/credit_notes', { invoice: stripeInvoiceId }, stripeCreditNoteSchema);
}

/** All entries on a customer's balance. */
export function listBalanceTransactions(
  client: StripeClient,
  stripeCustomerId: string,
): Promise<ListOutcome<StripeBalanceTransaction>> {
  const path = `/v1/customers/${encodeURIComponent(stripeCustomerId)}/balance_transactions`;
  return listAll(client, path, {}, stripeBalanceTransactionSchema);
}

export function retrieveInvoice(client: StripeClient, stripeInvoiceId: string): Promise<StripeOutcome<StripeInvoice>> {
  return readFromStripe(client, `/v1/invoices/${encodeURIComponent(stripeInvoiceId)}`, stripeInvoiceSchema);
}

export type FoundCustomer =
  | { readonly kind: 'found'; readonly customer: StripeCustomer }
  | { readonly kind: 'absent' }
  | { readonly kind: 'several'; readonly stripeCustomerIds: readonly string[] }
  | Exclude<ListOutcome<StripeCustomer>, { kind: 'listed' }>;

/** The Stripe customer that carries our mark of a customer. Listed, because Stripe's search lags behind. */
export async function findCustomer(client: StripeClient, customerId: string): Promise<FoundCustomer> {
  const listed = await listAll(client, '/v1/customers', {}, stripeCustomerSchema);
  if (listed.kind !== 'listed') return listed;
  const matches = listed.items.filter(
    ({ metadata }) => Object.hasOwn(metadata, 'daybook_customer_id') && metadata.daybook_customer_id === customerId,
  );
  const [first, ...others] = matches;
  if (first === undefined) return { kind: 'absent' };
  if (others.length > 0) return { kind: 'several', stripeCustomerIds: matches.map(({ id }) => id) };
  return { kind: 'found', customer: first };
}

/** The customer as Stripe has it. A deleted one is answered too, with `deleted`. */
export function retrieveCustomer(client: StripeClient, stripeCustomerId: string) {
  return readFromStripe(client, `/v1/customers/${encodeURIComponent(stripeCustomerId)}`, stripeCustomerSchema);
}

/**
 * The Stripe invoice of an obligation, by its metadata among the customer's invoices. Listing is used because Stripe's
 * search lags behind. Needed after an unknown outcome, and once the idempotency key may be forgotten (24 hours).
 */
export async function findInvoice(
  client: StripeClient,
  stripeCustomerId: string,
  obligation: Obligation,
): Promise<FoundInvoice> {
  const listed = await listInvoices(client, stripeCustomerId);
  if (listed.kind !== 'listed') return listed;
  const wanted = Object.entries(printableMetadata(obligationMetadata(obligation)));
  const matches = listed.items.filter((invoice) =>
    wanted.every(([name, value]) => Object.hasOwn(invoice.metadata, name) && invoice.metadata[name] === value),
  );
  // What was voided asks for nothing; it is only found when nothing else is there.
  const live = matches.filter(({ status }) => status !== 'void');
  const [first, ...others] = live.length > 0 ? live : matches.slice(0, 1);
  if (first === undefined) return { kind: 'absent' };
  if (others.length > 0) return { kind: 'several', stripeInvoiceIds: live.map((invoice) => invoice.id) };
  return { kind: 'found', invoice: first };
}
