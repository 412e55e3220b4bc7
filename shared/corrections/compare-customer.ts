import { type AdjustmentDocument, adjustmentDocumentSchema } from '../billing/adjustment.ts';
import type { CustomerRating } from '../billing/rate-customer.ts';
import type { adjustmentListOfCustomers, invoiceLockOfCustomers } from '../database/queries.generated.ts';
import { type MinorUnits, minorUnits } from '../exact/currency.ts';
import { proposeAdjustment } from './propose.ts';

/** An invoice of a customer and run that is not superseded. */
export type RunInvoice = NonNullable<(typeof invoiceLockOfCustomers)['row']>;
export type EarlierAdjustment = NonNullable<(typeof adjustmentListOfCustomers)['row']>;

/** One customer of a run: what it was billed, every adjustment since in their order, and what is right. */
export interface CustomerInRun {
  readonly customer: string;
  readonly period: string;
  readonly runId: string;
  readonly rerating: number;
  /** At least one. */
  readonly invoices: readonly RunInvoice[];
  readonly earlier: readonly EarlierAdjustment[];
  readonly rating: CustomerRating;
}

interface Right {
  /** Adjustments that stand nowhere yet and are overtaken. */
  readonly superseded: readonly string[];
  readonly currency: string;
  /** What the period comes to. */
  readonly corrected: MinorUnits;
}

export type Compared =
  | { readonly kind: 'unrated'; readonly failure: { readonly reason: string; readonly detail: string } }
  /** What was billed, together with what is decided or rejected, is right. */
  | ({ readonly kind: 'right' } & Right)
  | ({ readonly kind: 'adjusted'; readonly adjustment: AdjustmentDocument } & Right);

/** Whether an adjustment is decided on or waits to be, and stands nowhere yet. */
export function isOpen({ status }: EarlierAdjustment): boolean {
  return status === 'proposed' || status === 'approved';
}

/**
 * Compares a customer with what it was billed by a run. Of an invoice that was voided nothing is owed any more, whatever
 * was used: everything that stands against it is taken back. Pure.
 */
export function compareCustomer(given: CustomerInRun): Compared {
  const { customer, period, earlier, rating } = given;
  const open = earlier.filter(isOpen).map(({ adjustment_id: id }) => id);
  const standing = earlier.filter(({ status }) => status === 'placed' || status === 'applied');
  const live = given.invoices.filter(({ status }) => status !== 'void');
  const proposal = proposeAdjustment({
    adjustmentId: adjustmentIdOf(given.runId, period, customer, earlier.length + 1),
    customer,
    period,
    run: given.runId,
    rerating: given.rerating,
    billing: live.length > 0 ? 'billed' : 'voided',
    invoices: (live.length > 0 ? live : given.invoices).map((row) => ({
      invoiceId: row.invoice_id,
      currency: row.currency,
      document: row.document,
      documentDigest: row.document_digest,
    })),
    placed: standing.map(({ document, lapsed }) => ({
      document: adjustmentDocumentSchema.parse(JSON.parse(document)),
      lapsed: minorUnits(lapsed),
    })),
    rating,
  });
  switch (proposal.kind) {
    case 'refused':
      return { kind: 'unrated', failure: proposal };
    case 'nothing':
      return { kind: 'right', superseded: open, currency: proposal.currency, corrected: proposal.corrected };
    case 'adjusted': {
      const { adjustment } = proposal;
      const { currency, corrected } = adjustment;
      const same = earlier.find((row) => row.status !== 'superseded' && row.inputs_digest === adjustment.inputsDigest);
      if (same === undefined) return { kind: 'adjusted', superseded: open, currency, corrected, adjustment };
      // The same figures were computed before: what was decided on them stands.
      const superseded = open.filter((id) => id !== same.adjustment_id);
      return { kind: 'right', superseded, currency, corrected };
    }
    default:
      return proposal satisfies never;
  }
}

/** The month's run numbers its adjustments alone; an off-cycle run with its contract, so that the two cannot meet. */
function adjustmentIdOf(runId: string, period: string, customer: string, number: number): string {
  const contract = runId === period ? '' : `${runId.slice(period.length + 1)}-`;
  return `${period}/${customer}/adjustment/${contract}${number}`;
}
