import type { AdjustmentDocument } from '../billing/adjustment.ts';
import type { CustomerRating } from '../billing/rate-customer.ts';
import { digestOf } from '../canonical/canonical-json.ts';
import { type Currency, currency, type MinorUnits } from '../exact/currency.ts';
import { correctionOf, type FigureLine } from './correction.ts';
import { billedLines, linesOfRating, type StandingAdjustment } from './figures.ts';

/** A customer's closed period: what was billed, what was placed since, and what is right. */
export interface ClosedPeriod {
  /** The id that the adjustment would have. */
  readonly adjustmentId: string;
  readonly customer: string;
  readonly period: string;
  readonly run: string;
  readonly rerating: number;
  /** Whether its invoices are live, or the last of them was voided: nothing is owed then, whatever was used. */
  readonly billing: 'billed' | 'voided';
  /** At least one. */
  readonly invoices: readonly {
    readonly invoiceId: string;
    readonly currency: string;
    readonly document: string;
    readonly documentDigest: string;
  }[];
  /** The adjustments that stand already, in their order. */
  readonly placed: readonly StandingAdjustment[];
  readonly rating: CustomerRating;
}

export type Proposal =
  | { readonly kind: 'adjusted'; readonly adjustment: AdjustmentDocument }
  /** Every line was billed right; `corrected` is what they add up to. */
  | { readonly kind: 'nothing'; readonly currency: Currency; readonly corrected: MinorUnits }
  /** The right figures cannot be told; a person looks. */
  | { readonly kind: 'refused'; readonly reason: string; readonly detail: string };

/**
 * The adjustment that makes what was billed right: corrected − (billed + what was placed since). Pure: the same invoices,
 * adjustments and rating give the same bytes, and once they have been placed, nothing (promises 12 and 13).
 */
export function proposeAdjustment(closed: ClosedPeriod): Proposal {
  const { invoices, placed } = closed;
  const [first] = invoices;
  if (first === undefined) throw new RangeError(`nothing was billed to ${closed.customer} for ${closed.period}`);
  const owed = owedLines(closed, first.currency);
  if (owed.kind === 'refused') return owed;
  const isVoid = closed.billing === 'voided';
  const billed = billedLines(isVoid ? [] : invoices.map(({ document }) => document), placed);
  const correction = correctionOf(billed, owed.lines, owed.currency, first.invoiceId);
  // Lines of nothing but a void that take each other out ask for nothing and give nothing back.
  if (correction.lines.length === 0 || (isVoid && correction.total === 0n))
    return { kind: 'nothing', currency: owed.currency, corrected: correction.corrected };
  const corrects = invoices.map(({ invoiceId, documentDigest }) => ({ invoice: invoiceId, documentDigest }));
  const after = placed.map(({ document }) => document.adjustment);
  const lapsed = placed.map((each) => each.lapsed.toString());
  return {
    kind: 'adjusted',
    adjustment: {
      adjustment: closed.adjustmentId,
      customer: closed.customer,
      period: closed.period,
      currency: owed.currency,
      corrects,
      after,
      run: closed.run,
      rerating: closed.rerating,
      inputsDigest: digestOf({
        corrects,
        after,
        corrected: owed.lines.map(figuresJson),
        // Left out where nothing was voided, so that digests from before read the same.
        ...(isVoid ? { billing: closed.billing } : {}),
        ...(lapsed.some((amount) => amount !== '0') ? { lapsed } : {}),
      }),
      ...correction,
      lines: [...correction.lines],
    },
  };
}

type Owed =
  | { readonly kind: 'owed'; readonly currency: Currency; readonly lines: readonly FigureLine[] }
  | Extract<Proposal, { kind: 'refused' }>;

function owedLines({ billing, rating, customer, period }: ClosedPeriod, billedIn: string): Owed {
  if (billing === 'voided') return { kind: 'owed', currency: currency(billedIn), lines: [] };
  if (rating.kind === 'held') return { kind: 'refused', reason: rating.reason, detail: rating.detail };
  if (rating.currency !== billedIn) {
    const detail = `${customer} was billed in ${billedIn} for ${period} and would now be in ${rating.currency}; void the invoice instead`;
    return { kind: 'refused', reason: 'currency_changed', detail };
  }
  return { kind: 'owed', currency: rating.currency, lines: linesOfRating(rating.billed) };
}

function figuresJson({ contract, segmentFrom, segmentTo, line, project, amount, parts }: FigureLine) {
  const figures = parts.map(({ part, exact }) => ({ part, exact: exact.toString() }));
  return { contract, segmentFrom, segmentTo, line, project, amount: amount.toString(), parts: figures };
}
