import type { StripeClient } from '../stripe/client.ts';
import { type ListOutcome, listCreditNotes, listInvoiceLines, listInvoicesSince } from '../stripe/lookup.ts';
import { creditedOn, type ListedInvoice, type StripeCreditNote, type StripeInvoiceLine } from '../stripe/objects.ts';

/** An invoice in Stripe with all that it is compared by. */
export interface StripeCopy {
  readonly invoice: ListedInvoice;
  readonly lines: readonly StripeInvoiceLine[];
  readonly creditNotes: readonly StripeCreditNote[];
}

export type CopiesReading =
  | { readonly kind: 'read'; readonly copies: readonly StripeCopy[] }
  | Exclude<ListOutcome<never>, { kind: 'listed' }>;

/**
 * The invoices in Stripe that were made since an instant and that `isOurs` picks. The list brings the first lines along,
 * so that only long invoices cost a call of their own, and only those with credit notes another.
 */
export async function readCopies(
  client: StripeClient,
  since: Date,
  isOurs: (invoice: ListedInvoice) => boolean,
): Promise<CopiesReading> {
  const listed = await listInvoicesSince(client, since);
  if (listed.kind !== 'listed') return listed;
  const copies: StripeCopy[] = [];
  for (const invoice of listed.items.filter(isOurs)) {
    const lines = invoice.lines.has_more
      ? await listInvoiceLines(client, invoice.id)
      : listedAlready(invoice.lines.data);
    if (lines.kind !== 'listed') return lines;
    const notes =
      creditedOn(invoice) > 0n ? await listCreditNotes(client, invoice.id) : listedAlready<StripeCreditNote>([]);
    if (notes.kind !== 'listed') return notes;
    copies.push({ invoice, lines: lines.items, creditNotes: notes.items });
  }
  return { kind: 'read', copies };
}

function listedAlready<Item>(items: readonly Item[]): Extract<ListOutcome<Item>, { kind: 'listed' }> {
  return { kind: 'listed', items };
}
