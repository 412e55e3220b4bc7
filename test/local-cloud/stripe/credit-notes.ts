import { answerInvoice, type CallContext, customerObject, happened, invoiceRecord, sum } from './context.ts';
import { type InvoiceRecord, metadataOf } from './lines.ts';
import { LIST_FIELDS, page } from './lists.ts';
import type { CreditNoteObject } from './objects.ts';
import type { Parameters } from './parameters.ts';
import { badParameter, badState } from './refusal.ts';
import type { Route } from './route.ts';

function wholeNumber(parameters: Parameters, name: string): number {
  const value = parameters[name];
  return typeof value === 'number' ? value : 0;
}

function totalOf(parameters: Parameters): number {
  const lines = parameters.lines;
  if (!Array.isArray(lines)) {
    if (typeof parameters.amount === 'number') return parameters.amount;
    throw badParameter('parameter_missing', 'amount', 'You must pass one of `amount`, `lines` or `shipping_cost`.');
  }
  return sum(
    lines.map((line: Parameters) => {
      const amount = wholeNumber(line, 'unit_amount') * wholeNumber(line, 'quantity');
      return amount === 0 ? wholeNumber(line, 'amount') : amount;
    }),
  );
}

function creditInvoice(context: CallContext, record: InvoiceRecord, before: number, after: number): void {
  const { invoice } = record;
  const remaining = invoice.amount_remaining - before;
  const settled = remaining === 0 && invoice.status === 'open';
  const credited: InvoiceRecord = {
    ...record,
    invoice: {
      ...invoice,
      amount_due: invoice.amount_due - before,
      amount_remaining: remaining,
      pre_payment_credit_notes_amount: invoice.pre_payment_credit_notes_amount + before,
      post_payment_credit_notes_amount: invoice.post_payment_credit_notes_amount + after,
      status: settled ? 'paid' : invoice.status,
    },
  };
  context.store.put('invoices', invoice.id, credited);
  if (settled) happened(context, 'invoice.paid', answerInvoice(credited));
}

/** What is not taken off the open amount must be given back in full, to the balance or outside of Stripe. */
function checkShares(record: InvoiceRecord, total: number, after: number, returned: number): void {
  const { invoice } = record;
  if (invoice.status !== 'open' && invoice.status !== 'paid')
    throw badState('You can only create credit notes for open or paid invoices.');
  if (total <= 0)
    throw badParameter('parameter_invalid_integer', 'amount', 'The credit note must have a positive total.');
  const credited = invoice.pre_payment_credit_notes_amount + invoice.post_payment_credit_notes_amount;
  if (credited + total > invoice.total) throw badState('The credit notes of an invoice cannot exceed its total.');
  if (after !== returned) {
    throw badState(
      `The sum of credit amount, refund amount and out of band amount (${returned}) must equal the post payment amount (${after}).`,
    );
  }
}

function createCreditNote(context: CallContext, parameters: Parameters): object {
  const record = invoiceRecord(context, String(parameters.invoice));
  const { invoice } = record;
  const total = totalOf(parameters);
  const before = Math.min(total, invoice.amount_remaining);
  const toBalance = wholeNumber(parameters, 'credit_amount');
  checkShares(record, total, total - before, toBalance + wholeNumber(parameters, 'out_of_band_amount'));
  const customer = customerObject(context, invoice.customer);
  context.store.put('customers', customer.id, { ...customer, balance: customer.balance - toBalance });
  creditInvoice(context, record, before, total - before);
  const id = context.store.nextId('cn');
  const note: CreditNoteObject = {
    id,
    object: 'credit_note',
    amount: total,
    created: context.now,
    currency: invoice.currency,
    customer: invoice.customer,
    invoice: invoice.id,
    livemode: false,
    memo: typeof parameters.memo === 'string' ? parameters.memo : null,
    metadata: metadataOf(parameters.metadata),
    number: `${invoice.number ?? invoice.id}-CN-${id.slice(-2)}`,
    status: 'issued',
    subtotal: total,
    total,
    type: before === total ? 'pre_payment' : before === 0 ? 'post_payment' : 'mixed',
  };
  context.store.put('creditNotes', id, note);
  happened(context, 'credit_note.created', note);
  return note;
}

/** Only of an invoice that is still open: what was given back cannot be taken again. */
function voidCreditNote(context: CallContext, id: string): object {
  const note = context.store.all('creditNotes').find((one) => one.id === id);
  if (note === undefined) throw badParameter('resource_missing', 'id', `No such credit note: '${id}'`);
  const record = invoiceRecord(context, note.invoice);
  if (note.status !== 'issued' || note.type !== 'pre_payment' || record.invoice.status !== 'open')
    throw badState('You can only void an issued credit note of an open invoice.');
  creditInvoice(context, record, -note.total, 0);
  const voided: CreditNoteObject = { ...note, status: 'void' };
  context.store.put('creditNotes', id, voided);
  happened(context, 'credit_note.voided', voided);
  return voided;
}

const LINE = {
  type: 'object',
  fields: {
    amount: { type: 'integer' },
    description: { type: 'text' },
    invoice_line_item: { type: 'text' },
    quantity: { type: 'integer' },
    type: { type: 'text', oneOf: ['custom_line_item', 'invoice_line_item'] },
    unit_amount: { type: 'integer' },
  },
  required: ['type'],
} as const;

export const CREDIT_NOTE_ROUTES: readonly Route[] = [
  {
    method: 'POST',
    path: '/v1/credit_notes',
    fields: {
      amount: { type: 'integer' },
      credit_amount: { type: 'integer' },
      email_type: { type: 'text', oneOf: ['credit_note', 'none'] },
      invoice: { type: 'text' },
      lines: { type: 'list', of: LINE },
      memo: { type: 'text' },
      metadata: { type: 'metadata' },
      out_of_band_amount: { type: 'integer' },
      reason: { type: 'text', oneOf: ['duplicate', 'fraudulent', 'order_change', 'product_unsatisfactory'] },
    },
    required: ['invoice'],
    answer: (context, parameters) => createCreditNote(context, parameters),
  },
  {
    method: 'POST',
    path: '/v1/credit_notes/:id/void',
    fields: {},
    answer: (context, _, id) => voidCreditNote(context, id),
  },
  {
    method: 'GET',
    path: '/v1/credit_notes',
    fields: { ...LIST_FIELDS, customer: { type: 'text' }, invoice: { type: 'text' } },
    answer: (context, parameters) => {
      const { customer, invoice } = parameters;
      const notes = context.store
        .all('creditNotes')
        .filter((note) => customer === undefined || note.customer === customer)
        .filter((note) => invoice === undefined || note.invoice === invoice);
      return page([...notes].reverse(), parameters, '/v1/credit_notes');
    },
  },
];
