import { answerInvoice, type CallContext, customerObject, happened, invoiceRecord } from './context.ts';
import { type InvoiceRecord, metadataOf, newLine, withNewLines } from './lines.ts';
import { LIST_FIELDS, page } from './lists.ts';
import type { InvoiceObject } from './objects.ts';
import type { Parameters } from './parameters.ts';
import { badParameter, badState } from './refusal.ts';
import type { Route } from './route.ts';
import { finalizeInvoice, markUncollectible, payInvoice, voidInvoice } from './settlement.ts';

function collectionOf(parameters: Parameters): { collection_method: string; days_until_due: number | null } {
  const { collection_method: method = 'charge_automatically', days_until_due: days } = parameters;
  if (method === 'send_invoice' && typeof days !== 'number') {
    throw badParameter(
      'parameter_missing',
      'days_until_due',
      'If you set `collection_method=send_invoice`, you must set `days_until_due`.',
    );
  }
  if (method !== 'send_invoice' && days !== undefined) {
    throw badParameter(
      'parameter_invalid',
      'days_until_due',
      'You can only set `days_until_due` with `collection_method=send_invoice`.',
    );
  }
  return { collection_method: String(method), days_until_due: typeof days === 'number' ? days : null };
}

function draft(context: CallContext, parameters: Parameters, customerId: string): InvoiceObject {
  return {
    id: context.store.nextId('in'),
    object: 'invoice',
    amount_due: 0,
    amount_overpaid: 0,
    amount_paid: 0,
    amount_remaining: 0,
    amount_shipping: 0,
    attempt_count: 0,
    attempted: false,
    auto_advance: parameters.auto_advance === true,
    automatic_tax: { enabled: metadataOf(parameters.automatic_tax).enabled === 'true', status: null },
    billing_reason: 'manual',
    ...collectionOf(parameters),
    created: context.now,
    currency: String(parameters.currency ?? customerObject(context, customerId).currency ?? 'usd'),
    customer: customerId,
    description: typeof parameters.description === 'string' ? parameters.description : null,
    discounts: [],
    due_date: null,
    ending_balance: null,
    hosted_invoice_url: null,
    livemode: false,
    metadata: metadataOf(parameters.metadata),
    number: null,
    period_end: context.now,
    period_start: context.now,
    post_payment_credit_notes_amount: 0,
    pre_payment_credit_notes_amount: 0,
    starting_balance: 0,
    status: 'draft',
    status_transitions: { finalized_at: null, marked_uncollectible_at: null, paid_at: null, voided_at: null },
    subtotal: 0,
    subtotal_excluding_tax: 0,
    total: 0,
    total_discount_amounts: [],
    total_excluding_tax: 0,
    total_pretax_credit_amounts: [],
    total_taxes: [],
  };
}

/** Moves the customer's pending items onto the draft, as `pending_invoice_items_behavior=include` asks for. */
function sweepPendingItems(context: CallContext, record: InvoiceRecord): InvoiceRecord {
  const pending = context.store
    .all('items')
    .filter(
      (item) =>
        item.customer === record.invoice.customer && item.invoice === null && item.currency === record.invoice.currency,
    );
  for (const item of pending) context.store.put('items', item.id, { ...item, invoice: record.invoice.id });
  return withNewLines(context, record, pending);
}

function createInvoice(context: CallContext, parameters: Parameters): object {
  const customerId = parameters.customer;
  if (typeof customerId !== 'string') {
    throw badParameter('parameter_missing', 'customer', 'You must provide `customer`.');
  }
  customerObject(context, customerId);
  const empty = { invoice: draft(context, parameters, customerId), lines: [] };
  const record = parameters.pending_invoice_items_behavior === 'include' ? sweepPendingItems(context, empty) : empty;
  context.store.put('invoices', record.invoice.id, record);
  happened(context, 'invoice.created', answerInvoice(record));
  return answerInvoice(record);
}

/** Only a draft can be edited. */
function draftRecord(context: CallContext, id: string): InvoiceRecord {
  const record = invoiceRecord(context, id);
  if (record.invoice.status !== 'draft') throw badState('This invoice is no longer editable', 'invoice_not_editable');
  return record;
}

function addLines(context: CallContext, parameters: Parameters, id: string): object {
  const lines = parameters.lines;
  const added = (Array.isArray(lines) ? lines : []).map((line: Parameters, index) => newLine(line, `lines[${index}]`));
  const record = withNewLines(context, draftRecord(context, id), added);
  context.store.put('invoices', id, record);
  happened(context, 'invoice.updated', answerInvoice(record));
  return answerInvoice(record);
}

function updateInvoice(context: CallContext, parameters: Parameters, id: string): object {
  const before = parameters.metadata === undefined ? draftRecord(context, id) : invoiceRecord(context, id);
  const { auto_advance: autoAdvance = before.invoice.auto_advance, description = before.invoice.description } =
    parameters;
  const invoice = {
    ...before.invoice,
    auto_advance: autoAdvance === true,
    description: typeof description === 'string' ? description : null,
    metadata: { ...before.invoice.metadata, ...metadataOf(parameters.metadata) },
  };
  context.store.put('invoices', id, { ...before, invoice });
  happened(context, 'invoice.updated', answerInvoice({ ...before, invoice }));
  return answerInvoice({ ...before, invoice });
}

function deleteInvoice(context: CallContext, id: string): object {
  const record = invoiceRecord(context, id);
  if (record.invoice.status !== 'draft') throw badState('You can only delete draft invoices.', 'invoice_not_editable');
  context.store.delete('invoices', id);
  happened(context, 'invoice.deleted', answerInvoice(record));
  return { id, object: 'invoice', deleted: true };
}

function listInvoices(context: CallContext, parameters: Parameters): object {
  const { created, customer, status } = parameters;
  const since = typeof created === 'object' && 'gte' in created ? Number(created.gte) : 0;
  const records = context.store
    .all('invoices')
    .filter(({ invoice }) => customer === undefined || invoice.customer === customer)
    .filter(({ invoice }) => status === undefined || invoice.status === status)
    .filter(({ invoice }) => invoice.created >= since)
    .reverse();
  const rendered = records.map((record) => ({ ...answerInvoice(record), id: record.invoice.id }));
  return page(rendered, parameters, '/v1/invoices');
}

const CREATED = { type: 'object', fields: { gte: { type: 'integer' } } } as const;
const EXPAND = { type: 'list', of: { type: 'text' } } as const;
const STATUSES = ['draft', 'open', 'paid', 'uncollectible', 'void'];
const LINE = {
  type: 'object',
  fields: {
    amount: { type: 'integer' },
    description: { type: 'text' },
    discountable: { type: 'boolean' },
    metadata: { type: 'metadata' },
  },
} as const;

/** The invoice calls that Daybook makes, and those that people make from Stripe's own pages. */
export const INVOICE_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/invoices',
    fields: {
      auto_advance: { type: 'boolean' },
      automatic_tax: { type: 'object', fields: { enabled: { type: 'boolean' } }, required: ['enabled'] },
      collection_method: { type: 'text', oneOf: ['charge_automatically', 'send_invoice'] },
      currency: { type: 'text', maxLength: 3 },
      customer: { type: 'text' },
      days_until_due: { type: 'integer' },
      description: { type: 'text', maxLength: 1500 },
      discounts: { type: 'unset' },
      expand: EXPAND,
      metadata: { type: 'metadata' },
      pending_invoice_items_behavior: { type: 'text', oneOf: ['exclude', 'include'] },
    },
    answer: (context, parameters) => createInvoice(context, parameters),
  },
  {
    method: 'GET',
    path: '/v1/invoices',
    fields: { ...LIST_FIELDS, created: CREATED, customer: { type: 'text' }, status: { type: 'text', oneOf: STATUSES } },
    answer: (context, parameters) => listInvoices(context, parameters),
  },
  {
    method: 'GET',
    path: '/v1/invoices/:id',
    fields: { expand: EXPAND },
    answer: (context, _, id) => answerInvoice(invoiceRecord(context, id)),
  },
  {
    method: 'POST',
    path: '/v1/invoices/:id',
    fields: {
      auto_advance: { type: 'boolean' },
      description: { type: 'text', maxLength: 1500 },
      metadata: { type: 'metadata' },
    },
    answer: (context, parameters, id) => updateInvoice(context, parameters, id),
  },
  { method: 'DELETE', path: '/v1/invoices/:id', fields: {}, answer: (context, _, id) => deleteInvoice(context, id) },
  {
    method: 'POST',
    path: '/v1/invoices/:id/add_lines',
    fields: { expand: EXPAND, invoice_metadata: { type: 'metadata' }, lines: { type: 'list', of: LINE } },
    required: ['lines'],
    answer: (context, parameters, id) => addLines(context, parameters, id),
  },
  {
    method: 'GET',
    path: '/v1/invoices/:id/lines',
    fields: LIST_FIELDS,
    answer: (context, parameters, id) => page(invoiceRecord(context, id).lines, parameters, `/v1/invoices/${id}/lines`),
  },
  {
    method: 'POST',
    path: '/v1/invoices/:id/finalize',
    fields: { auto_advance: { type: 'boolean' }, expand: EXPAND },
    answer: (context, parameters, id) =>
      answerInvoice(finalizeInvoice(context, invoiceRecord(context, id), parameters.auto_advance === true)),
  },
  {
    method: 'POST',
    path: '/v1/invoices/:id/void',
    fields: {},
    answer: (context, _, id) => answerInvoice(voidInvoice(context, invoiceRecord(context, id))),
  },
  {
    method: 'POST',
    path: '/v1/invoices/:id/pay',
    fields: { paid_out_of_band: { type: 'boolean' } },
    answer: (context, _, id) => answerInvoice(payInvoice(context, invoiceRecord(context, id))),
  },
  {
    method: 'POST',
    path: '/v1/invoices/:id/mark_uncollectible',
    fields: {},
    answer: (context, _, id) => answerInvoice(markUncollectible(context, invoiceRecord(context, id))),
  },
  {
    method: 'POST',
    path: '/v1/invoices/:id/send',
    fields: {},
    answer: (context, _, id) => {
      const record = invoiceRecord(context, id);
      if (record.invoice.status !== 'open') throw badState('You can only send open invoices.');
      happened(context, 'invoice.sent', answerInvoice(record));
      return answerInvoice(record);
    },
  },
];
