import type { AdjustmentDocument } from '../billing/adjustment.ts';
import type { CustomerRating } from '../billing/rate-customer.ts';
import { digestOf } from '../canonical/canonical-json.ts';
import { correctionOf, type FigureLine } from './correction.ts';
import { billedLines, linesOfRating } from './figures.ts';

/** A customer's closed period: what was billed, what was placed since, and what is right. */
export interface ClosedPeriod {
  /** The id that the adjustment would have. */
  readonly adjustmentId: string;
  readonly customer: string;
  readonly period: string;
  readonly run: string;
  readonly rerating: number;
  /** At least one. */
  readonly invoices: readonly {
    readonly invoiceId: string;
    readonly currency: string;
    readonly document: string;
    readonly documentDigest: string;
  }[];
  /** The adjustments that stand already, in their order. */
  readonly placed: readonly AdjustmentDocument[];
  readonly rating: CustomerRating;
}

export type Proposal =
  | { readonly kind: 'adjusted'; readonly adjustment: AdjustmentDocument }
  /** Every line was billed right. */
  | { readonly kind: 'nothing' }
  /** The right figures cannot be told; a person looks. */
  | { readonly kind: 'refused'; readonly reason: string; readonly detail: string };

/**
 * The adjustment that makes what was billed right: corrected − (billed + what was placed since). Pure: the same invoices,
 * adjustments and rating give the same bytes, and once they have been placed, nothing (promises 12 and 13).
 */
export function proposeAdjustment(closed: ClosedPeriod): Proposal {
  const { rating, invoices, placed } = closed;
  const [first] = invoices;
  if (first === undefined) throw new RangeError(`nothing was billed to ${closed.customer} for ${closed.period}`);
  if (rating.kind === 'held') return { kind: 'refused', reason: rating.reason, detail: rating.detail };
  if (rating.currency !== first.currency) {
    const detail = `${closed.customer} was billed in ${first.currency} and would now be in ${rating.currency}; void the invoice instead`;
    return { kind: 'refused', reason: 'currency_changed', detail };
  }
  const corrected = linesOfRating(rating.billed);
  const billed = billedLines(
    invoices.map(({ document }) => document),
    placed,
  );
  const correction = correctionOf(billed, corrected, rating.currency, first.invoiceId);
  if (correction.lines.length === 0) return { kind: 'nothing' };
  const corrects = invoices.map(({ invoiceId, documentDigest }) => ({ invoice: invoiceId, documentDigest }));
  const after = placed.map(({ adjustment }) => adjustment);
  return {
    kind: 'adjusted',
    adjustment: {
      adjustment: closed.adjustmentId,
      customer: closed.customer,
      period: closed.period,
      currency: rating.currency,
      corrects,
      after,
      run: closed.run,
      rerating: closed.rerating,
      inputsDigest: digestOf({ corrects, after, corrected: corrected.map(figuresJson) }),
      ...correction,
      lines: [...correction.lines],
    },
  };
}

function figuresJson({ contract, segmentFrom, segmentTo, line, project, amount, parts }: FigureLine) {
  const figures = parts.map(({ part, exact }) => ({ part, exact: exact.toString() }));
  return { contract, segmentFrom, segmentTo, line, project, amount: amount.toString(), parts: figures };
}
