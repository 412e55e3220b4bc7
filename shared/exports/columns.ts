import type { chargeListOfInvoices, invoiceListForExport } from '../database/queries.generated.ts';
import { formatMinorUnits, minorUnits, parseCurrency } from '../exact/currency.ts';

export type ExportedInvoice = NonNullable<(typeof invoiceListForExport)['row']>;
export type ExportedLine = NonNullable<(typeof chargeListOfInvoices)['row']>;

/** A line with the invoice that it stands on. */
export interface LineOfInvoice {
  readonly invoice: ExportedInvoice;
  readonly line: ExportedLine;
}

/** One column of an export. Columns are only ever added at the end: programs of finance read them by name and by place. */
export interface ExportColumn<Row> {
  readonly name: string;
  /** What stands in it, with its unit and range. */
  readonly meaning: string;
  /** `text` may come from outside; `exact` is written by Daybook: a decimal, a fraction, a whole number, an id, a date. */
  readonly kind: 'text' | 'exact';
  readonly value: (row: Row) => string | null;
}

/** The amount in the currency's major unit, with all its decimals; the minor units where the currency is not known. */
function major(amount: bigint, code: string): string {
  const currency = parseCurrency(code);
  return currency === undefined ? amount.toString() : formatMinorUnits(minorUnits(amount), currency);
}

export const INVOICE_COLUMNS: readonly ExportColumn<ExportedInvoice>[] = [
  {
    name: 'invoice',
    meaning: 'id of the invoice: period/customer/series',
    kind: 'text',
    value: (row) => row.invoice_id,
  },
  { name: 'customer', meaning: 'id of the customer', kind: 'text', value: (row) => row.customer_id },
  {
    name: 'customer_name',
    meaning: 'name of the customer as it is now',
    kind: 'text',
    value: (row) => row.customer_name,
  },
  { name: 'period', meaning: 'billing period, a UTC month: 2026-10', kind: 'exact', value: (row) => row.period },
  { name: 'series', meaning: 'usage for the monthly invoice', kind: 'text', value: (row) => row.series },
  { name: 'run', meaning: 'billing run that rated it', kind: 'text', value: (row) => row.run_id },
  { name: 'status', meaning: 'state at the time of the export', kind: 'exact', value: (row) => row.status },
  { name: 'currency', meaning: 'ISO 4217 code in capitals', kind: 'exact', value: (row) => row.currency.toUpperCase() },
  {
    name: 'subtotal',
    meaning: 'sum of the lines before tax, in the major unit',
    kind: 'exact',
    value: (row) => major(row.subtotal, row.currency),
  },
  {
    name: 'total',
    meaning: 'amount due before tax, in the major unit',
    kind: 'exact',
    value: (row) => major(row.total, row.currency),
  },
  {
    name: 'subtotal_minor',
    meaning: 'the subtotal in minor units of the currency',
    kind: 'exact',
    value: (row) => row.subtotal.toString(),
  },
  {
    name: 'total_minor',
    meaning: 'the total in minor units of the currency',
    kind: 'exact',
    value: (row) => row.total.toString(),
  },
  {
    name: 'hold_reason',
    meaning: 'why it is or was held; empty if never',
    kind: 'text',
    value: (row) => row.hold_reason,
  },
  {
    name: 'stripe_invoice',
    meaning: 'id in Stripe; empty before it is there',
    kind: 'text',
    value: (row) => row.stripe_invoice_id,
  },
  { name: 'stripe_number', meaning: 'number that the customer sees', kind: 'text', value: (row) => row.stripe_number },
  {
    name: 'rated_at',
    meaning: 'instant of the rating, ISO 8601 in UTC',
    kind: 'exact',
    value: (row) => row.rated_at.toISOString(),
  },
  {
    name: 'document_digest',
    meaning: 'SHA-256 of the invoice’s document',
    kind: 'exact',
    value: (row) => row.document_digest,
  },
];

export const LINE_COLUMNS: readonly ExportColumn<LineOfInvoice>[] = [
  {
    name: 'invoice',
    meaning: 'id of the invoice that it stands on',
    kind: 'text',
    value: ({ invoice }) => invoice.invoice_id,
  },
  { name: 'customer', meaning: 'id of the customer', kind: 'text', value: ({ invoice }) => invoice.customer_id },
  {
    name: 'customer_name',
    meaning: 'name of the customer as it is now',
    kind: 'text',
    value: ({ invoice }) => invoice.customer_name,
  },
  {
    name: 'period',
    meaning: 'billing period, a UTC month: 2026-10',
    kind: 'exact',
    value: ({ invoice }) => invoice.period,
  },
  { name: 'series', meaning: 'usage for the monthly invoice', kind: 'text', value: ({ invoice }) => invoice.series },
  {
    name: 'status',
    meaning: 'state of the invoice at the time of the export',
    kind: 'exact',
    value: ({ invoice }) => invoice.status,
  },
  {
    name: 'position',
    meaning: 'place on the invoice, from 0',
    kind: 'exact',
    value: ({ line }) => line.position.toString(),
  },
  { name: 'line', meaning: 'key of the line, unique on the invoice', kind: 'text', value: ({ line }) => line.line_key },
  { name: 'label', meaning: 'what the customer reads', kind: 'text', value: ({ line }) => line.label },
  {
    name: 'project',
    meaning: 'project that the line is for; empty for all',
    kind: 'text',
    value: ({ line }) => line.project_id,
  },
  {
    name: 'contract',
    meaning: 'contract that it was rated under',
    kind: 'text',
    value: ({ line }) => line.contract_id,
  },
  { name: 'from', meaning: 'first UTC day of the line', kind: 'exact', value: ({ line }) => line.segment_from },
  { name: 'until', meaning: 'first UTC day after the line', kind: 'exact', value: ({ line }) => line.segment_to },
  { name: 'plan', meaning: 'name of the plan', kind: 'text', value: ({ line }) => line.plan },
  {
    name: 'plan_version',
    meaning: 'digest of the plan version',
    kind: 'exact',
    value: ({ line }) => line.plan_version,
  },
  { name: 'formula', meaning: 'formula of the line', kind: 'text', value: ({ line }) => line.formula },
  {
    name: 'quantity',
    meaning: 'billed quantity, exact: a decimal or n/d; empty if none',
    kind: 'exact',
    value: ({ line }) => line.quantity,
  },
  {
    name: 'currency',
    meaning: 'ISO 4217 code in capitals',
    kind: 'exact',
    value: ({ invoice }) => invoice.currency.toUpperCase(),
  },
  {
    name: 'exact',
    meaning: 'amount before rounding in the major unit: a decimal or n/d',
    kind: 'exact',
    value: ({ line }) => line.exact,
  },
  {
    name: 'amount',
    meaning: 'amount in the major unit, rounded once, half away from zero',
    kind: 'exact',
    value: ({ line, invoice }) => major(line.amount, invoice.currency),
  },
  {
    name: 'amount_minor',
    meaning: 'the amount in minor units of the currency',
    kind: 'exact',
    value: ({ line }) => line.amount.toString(),
  },
  {
    name: 'formula_digest',
    meaning: 'SHA-256 of the formula',
    kind: 'exact',
    value: ({ line }) => line.formula_digest,
  },
  {
    name: 'parameters_digest',
    meaning: 'SHA-256 of the parameters',
    kind: 'exact',
    value: ({ line }) => line.parameters_digest,
  },
  { name: 'usage_digest', meaning: 'SHA-256 of the usage', kind: 'exact', value: ({ line }) => line.usage_digest },
  {
    name: 'adjustment',
    meaning: 'adjustment of an earlier period that it is a line of; empty for a line of its own period',
    kind: 'text',
    value: ({ line }) => line.adjustment_id,
  },
];
