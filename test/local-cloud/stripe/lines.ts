import { type CallContext, sum } from './context.ts';
import type { InvoiceObject, LineObject } from './objects.ts';
import type { Parameters, Value } from './parameters.ts';
import { badParameter, StripeRefusal } from './refusal.ts';

export const LINE_LIMIT = 250;
const THREE_DECIMALS = new Set(['bhd', 'jod', 'kwd', 'omr', 'tnd']);

export type InvoiceRecord = { readonly invoice: InvoiceObject; readonly lines: readonly LineObject[] };

export interface NewLine {
  readonly amount: number;
  readonly description: string | null;
  readonly discountable: boolean;
  readonly metadata: Readonly<Record<string, string>>;
}

/** The parameters of one new line as read from a call. */
export function newLine(parameters: Parameters, path: string): NewLine {
  const { amount, description, discountable, metadata } = parameters;
  if (typeof amount !== 'number')
    throw badParameter('parameter_missing', `${path}[amount]`, `Missing required param: ${path}[amount].`);
  return {
    amount,
    description: typeof description === 'string' ? description : null,
    discountable: discountable !== false,
    metadata: metadataOf(metadata),
  };
}

/** Metadata that the parameter specification has checked. */
export function metadataOf(value: Value | undefined): Readonly<Record<string, string>> {
  if (value === undefined || typeof value !== 'object' || Array.isArray(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([name, text]) => [name, String(text)]));
}

function checkAmount(amount: number, currency: string): void {
  if (THREE_DECIMALS.has(currency) && amount % 10 !== 0) {
    throw badParameter('parameter_invalid_integer', 'amount', `Amounts in ${currency} must end in 0, got ${amount}`);
  }
}

function lineObject(context: CallContext, invoice: InvoiceObject, line: NewLine): LineObject {
  checkAmount(line.amount, invoice.currency);
  return {
    id: context.store.nextId('il'),
    object: 'line_item',
    amount: line.amount,
    currency: invoice.currency,
    description: line.description,
    discount_amounts: [],
    discountable: line.discountable,
    discounts: [],
    invoice: invoice.id,
    livemode: false,
    metadata: line.metadata,
    parent: {
      type: 'invoice_item_details',
      invoice_item_details: { invoice_item: context.store.nextId('ii'), proration: false },
    },
    period: { start: invoice.created, end: invoice.created },
    pretax_credit_amounts: [],
    pricing: null,
    quantity: 1,
    quantity_decimal: '1',
    subscription: null,
    subtotal: line.amount,
    taxes: [],
  };
}

/** What the stand-in's tax authority asks for, on top of the amounts, cut to whole units. */
const TAX_PERCENT = 20;

/** The invoice with its totals added up again from its lines and discounts, and tax on top when Stripe computes it. */
export function withTotals(record: InvoiceRecord): InvoiceRecord {
  const subtotal = sum(record.lines.map((line) => line.amount));
  const beforeTax = subtotal - sum(record.invoice.total_discount_amounts.map((discount) => discount.amount));
  const tax = record.invoice.automatic_tax.enabled ? Math.trunc((beforeTax * TAX_PERCENT) / 100) : 0;
  const total = beforeTax + tax;
  const due = Math.max(0, total);
  const totals = { subtotal, subtotal_excluding_tax: subtotal, total, total_excluding_tax: beforeTax };
  return { ...record, invoice: { ...record.invoice, ...totals, amount_due: due, amount_remaining: due } };
}

/** Adds lines to a draft. An invoice has at most 250. */
export function withNewLines(context: CallContext, record: InvoiceRecord, lines: readonly NewLine[]): InvoiceRecord {
  if (record.lines.length + lines.length > LINE_LIMIT) {
    throw new StripeRefusal({
      status: 400,
      code: 'invoice_no_more_lines',
      parameter: 'lines',
      message: `Invoices can have at most ${LINE_LIMIT} line items.`,
      stored: true,
    });
  }
  const added = lines.map((line) => lineObject(context, record.invoice, line));
  return withTotals({ invoice: record.invoice, lines: [...record.lines, ...added] });
}
