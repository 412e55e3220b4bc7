import type { Reader } from '../database/database.ts';
import { adjustmentListOfInvoice, adjustmentListOnInvoice } from '../database/queries.generated.ts';
import { readAdjustment } from './adjustment.ts';
import type { CarriedExplanation, CorrectingExplanation } from './explanation.ts';

/** The adjustments that an invoice carries, led back to the lines that they correct. */
export async function explainCarried(reader: Reader, invoiceId: string): Promise<CarriedExplanation[]> {
  const rows = await reader.rows(adjustmentListOnInvoice, { invoice_id: invoiceId });
  return rows.map((row) => {
    const { corrects, lines } = readAdjustment(row.document);
    return {
      adjustment: row.adjustment_id,
      status: row.status,
      period: row.period,
      corrects,
      totalMinor: row.total.toString(),
      creditedMinor: row.credited.toString(),
      lines: lines.map((line) => ({
        label: line.label,
        ...line.corrects,
        billed: line.billed.exact,
        corrected: line.corrected.exact,
        amountMinor: line.amount.toString(),
      })),
    };
  });
}

/** The adjustments that correct an invoice, in the order in which they came. */
export async function explainCorrecting(reader: Reader, invoiceId: string): Promise<CorrectingExplanation[]> {
  const rows = await reader.rows(adjustmentListOfInvoice, { invoice_id: invoiceId });
  return rows.map((row) => ({
    adjustment: row.adjustment_id,
    status: row.status,
    totalMinor: row.total.toString(),
    invoice: row.invoice_id,
  }));
}
