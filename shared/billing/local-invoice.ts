import { z } from 'zod';
import { currency, minorUnits } from '../exact/currency.ts';
import type { Collection, LocalInvoice } from '../stripe/invoice-request.ts';

/** Days that a customer without any contract has to pay: what is billed after the last one ended. */
const DAYS_UNTIL_DUE = 30;

/** As much of an invoice's document as its copy in Stripe is made from. */
const documentSchema = z.object({
  segments: z.array(z.object({ contract: z.string(), from: z.string(), to: z.string() })),
  lines: z.array(
    z.object({
      key: z.string(),
      label: z.string(),
      segment: z.int(),
      project: z.string().nullable(),
      quantity: z.string().nullable(),
      amount: z.string().regex(/^-?\d+$/),
      formula: z.object({ text: z.string(), digest: z.string() }),
    }),
  ),
  adjustments: z
    .array(
      z.object({
        adjustment: z.string(),
        lines: z.array(z.object({ key: z.string(), label: z.string(), amount: z.string().regex(/^-?\d+$/) })),
      }),
    )
    .default([]),
});

/** The invoice as the Stripe adapter takes it, made from the kept document alone. */
export function localInvoiceOf(row: {
  readonly invoice_id: string;
  readonly customer_id: string;
  readonly period: string;
  readonly series: string;
  readonly generation: number;
  readonly currency: string;
  readonly document: string;
  readonly stripe_customer_id: string | null;
  readonly collection_method: string | null;
  readonly days_until_due: number | null;
  readonly tax: string | null;
}): LocalInvoice {
  const document = documentSchema.parse(JSON.parse(row.document));
  return {
    id: row.invoice_id,
    customerId: row.customer_id,
    period: row.period,
    series: row.series,
    generation: row.generation,
    stripeCustomerId: row.stripe_customer_id,
    currency: currency(row.currency),
    collection: collectionOf(row),
    tax: row.tax === 'stripe_tax' ? 'stripe_tax' : 'none',
    lines: [...ownLines(document), ...adjustmentLines(document)],
  };
}

function collectionOf(terms: {
  readonly collection_method: string | null;
  readonly days_until_due: number | null;
}): Collection {
  if (terms.collection_method === 'charge_automatically') return { kind: 'charge_automatically' };
  return { kind: 'send_invoice', daysUntilDue: terms.days_until_due ?? DAYS_UNTIL_DUE };
}

type InvoiceDocument = z.output<typeof documentSchema>;

function ownLines(document: InvoiceDocument): LocalInvoice['lines'] {
  return document.lines.map((line) => ({
    key: line.key,
    label: line.label,
    description: describe(line, document.segments.length > 1 ? document.segments[line.segment] : undefined),
    amount: minorUnits(BigInt(line.amount)),
    metadata: {
      daybook_formula: line.formula.digest,
      ...(line.quantity === null ? {} : { daybook_quantity: line.quantity.slice(0, 200) }),
    },
  }));
}

/** What corrects earlier invoices: each line names its adjustment. */
function adjustmentLines(document: InvoiceDocument): LocalInvoice['lines'] {
  return document.adjustments.flatMap(({ adjustment, lines }) =>
    lines.map(({ key, label, amount }) => ({
      key,
      label,
      description: label,
      amount: minorUnits(BigInt(amount)),
      metadata: { daybook_adjustment: adjustment },
    })),
  );
}

function describe(
  line: { readonly label: string; readonly project: string | null; readonly quantity: string | null },
  segment: { readonly from: string; readonly to: string } | undefined,
): string {
  const parts = [line.label];
  if (line.project !== null) parts.push(`project ${line.project}`);
  if (line.quantity !== null) parts.push(`quantity ${shortened(line.quantity)}`);
  if (segment) parts.push(`from ${segment.from} until ${segment.to}`);
  return parts.join(', ');
}

/** A quantity for reading; the exact one is in the metadata and in our own document. */
function shortened(quantity: string): string {
  const [whole = '', decimals] = quantity.split('.');
  return decimals === undefined ? quantity : `${whole}.${decimals.slice(0, 6)}${decimals.length > 6 ? '…' : ''}`;
}
