import { answerInvoice, type CallContext, happened, invoiceRecord } from './context.ts';
import type { PersonAct } from './faults.ts';
import { type InvoiceRecord, withNewLines, withTotals } from './lines.ts';
import type { LineObject } from './objects.ts';
import { finalizeInvoice, voidInvoice } from './settlement.ts';

function withFirstLine(record: InvoiceRecord, edit: (line: LineObject) => readonly LineObject[]): InvoiceRecord {
  return withTotals({ ...record, lines: record.lines.flatMap((line, index) => (index === 0 ? edit(line) : [line])) });
}

function discounted(record: InvoiceRecord): InvoiceRecord {
  const discount = { amount: 1, discount: 'di_by_hand' };
  return withTotals({
    ...record,
    invoice: { ...record.invoice, discounts: ['di_by_hand'], total_discount_amounts: [discount] },
  });
}

function edited(
  context: CallContext,
  record: InvoiceRecord,
  act: Exclude<PersonAct, 'finalize' | 'void' | 'delete'>,
): InvoiceRecord {
  switch (act) {
    case 'edit_line_amount':
      return withFirstLine(record, (line) => [{ ...line, amount: line.amount + 1, subtotal: line.amount + 1 }]);
    case 'edit_description':
      return withFirstLine(record, (line) => [{ ...line, description: 'Edited by hand' }]);
    case 'remove_line':
      return withFirstLine(record, () => []);
    case 'add_line':
      return withNewLines(context, record, [
        { amount: 100, description: 'Added by hand', discountable: true, metadata: {} },
      ]);
    case 'add_discount':
      return discounted(record);
    case 'turn_tax_off':
      return withTotals({ ...record, invoice: { ...record.invoice, automatic_tax: { enabled: false, status: null } } });
    case 'change_due_days':
      return { ...record, invoice: { ...record.invoice, days_until_due: 90 } };
  }
}

/** Does to a draft, or to what became of it, what a person with access to Stripe's pages can do. */
export function actAsPerson(context: CallContext, id: string, act: PersonAct): void {
  const record = invoiceRecord(context, id);
  if (act === 'void' && record.invoice.status === 'open') voidInvoice(context, record);
  if (act === 'void' || record.invoice.status !== 'draft') return;
  if (act === 'finalize') {
    finalizeInvoice(context, record, true);
    return;
  }
  if (act === 'delete') {
    context.store.delete('invoices', id);
    happened(context, 'invoice.deleted', answerInvoice(record));
    return;
  }
  const after = edited(context, record, act);
  context.store.put('invoices', id, after);
  happened(context, 'invoice.updated', answerInvoice(after));
}
