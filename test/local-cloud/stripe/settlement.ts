import { parseCurrency } from '../../../shared/exact/currency.ts';
import { minimumCharge } from '../../../shared/stripe/currency.ts';
import { answerInvoice, type CallContext, customerObject, happened } from './context.ts';
import type { InvoiceRecord } from './lines.ts';
import type { InvoiceObject, InvoiceStatus } from './objects.ts';
import { badState } from './refusal.ts';

function minimumOf(currency: string): number {
  const known = parseCurrency(currency);
  return known === undefined ? 0 : Number(minimumCharge(known) ?? 0n);
}

/** What is due after the customer's balance, and the balance afterwards. A negative balance is credit. */
function settle(total: number, balance: number, currency: string): { due: number; balanceAfter: number } {
  const due = total + balance;
  return due <= 0 || due < minimumOf(currency) ? { due: 0, balanceAfter: due } : { due, balanceAfter: 0 };
}

function save(context: CallContext, record: InvoiceRecord): InvoiceRecord {
  context.store.put('invoices', record.invoice.id, record);
  return record;
}

function withStatus(
  invoice: InvoiceObject,
  status: InvoiceStatus,
  transitions: Partial<InvoiceObject['status_transitions']>,
): InvoiceObject {
  return { ...invoice, status, status_transitions: { ...invoice.status_transitions, ...transitions } };
}

/** Draft → open; → paid at once when nothing is due, or less than the minimum charge. */
export function finalizeInvoice(context: CallContext, record: InvoiceRecord, autoAdvance: boolean): InvoiceRecord {
  const { invoice } = record;
  if (invoice.status !== 'draft') {
    throw badState("This invoice is already finalized, you can't re-finalize a non-draft invoice.");
  }
  const customer = customerObject(context, invoice.customer);
  const { due, balanceAfter } = settle(invoice.total, customer.balance, invoice.currency);
  context.store.put('customers', customer.id, { ...customer, balance: balanceAfter, currency: invoice.currency });
  const finalized = withStatus(
    {
      ...invoice,
      amount_due: due,
      amount_remaining: due,
      auto_advance: autoAdvance,
      due_date: invoice.days_until_due === null ? null : context.now + invoice.days_until_due * 86_400,
      starting_balance: customer.balance,
      ending_balance: balanceAfter,
      hosted_invoice_url: `https://invoice.stripe.com/i/${invoice.id}`,
      number: `DAYBOOK-${invoice.id.slice(-6)}`,
    },
    due === 0 ? 'paid' : 'open',
    { finalized_at: context.now, paid_at: due === 0 ? context.now : null },
  );
  const saved = save(context, { ...record, invoice: finalized });
  happened(context, 'invoice.finalized', answerInvoice(saved));
  if (due === 0) happened(context, 'invoice.paid', answerInvoice(saved));
  return saved;
}

/** Open → paid, with the whole amount. */
export function payInvoice(context: CallContext, record: InvoiceRecord): InvoiceRecord {
  const { invoice } = record;
  if (invoice.status !== 'open' && invoice.status !== 'uncollectible') throw badState('Invoice is not open.');
  const paid = { ...invoice, amount_paid: invoice.amount_remaining, amount_remaining: 0, attempted: true };
  const saved = save(context, { ...record, invoice: withStatus(paid, 'paid', { paid_at: context.now }) });
  happened(context, 'invoice.paid', answerInvoice(saved));
  return saved;
}

/** Open → void; the balance that finalizing used is given back. */
export function voidInvoice(context: CallContext, record: InvoiceRecord): InvoiceRecord {
  const { invoice } = record;
  if (invoice.status !== 'open' && invoice.status !== 'uncollectible') {
    throw badState(`You can only void open or uncollectible invoices; this one is ${invoice.status}.`);
  }
  const customer = customerObject(context, invoice.customer);
  const used = invoice.starting_balance - (invoice.ending_balance ?? invoice.starting_balance);
  context.store.put('customers', customer.id, { ...customer, balance: customer.balance + used });
  const voided = { ...invoice, amount_remaining: 0 };
  const saved = save(context, { ...record, invoice: withStatus(voided, 'void', { voided_at: context.now }) });
  happened(context, 'invoice.voided', answerInvoice(saved));
  return saved;
}

/** Open → uncollectible. */
export function markUncollectible(context: CallContext, record: InvoiceRecord): InvoiceRecord {
  if (record.invoice.status !== 'open') throw badState('Only open invoices can be marked uncollectible.');
  const marked = withStatus(record.invoice, 'uncollectible', { marked_uncollectible_at: context.now });
  const saved = save(context, { ...record, invoice: marked });
  happened(context, 'invoice.marked_uncollectible', answerInvoice(saved));
  return saved;
}
