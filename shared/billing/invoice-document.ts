import { canonicalJson } from '../canonical/canonical-json.ts';
import type { RatedLine } from '../rating/rating.ts';
import { type CarriedAdjustment, carriedLines } from './adjustment.ts';
import type { CustomerRating, RatedSegment } from './rate-customer.ts';

/** The obligation that an invoice meets; `generation` counts the voided ones before it. */
export interface InvoiceIdentity {
  readonly invoiceId: string;
  readonly customerId: string;
  readonly period: string;
  readonly series: string;
}

/**
 * The invoice as canonical JSON: what is kept, what a replay must give again to the byte (promise 13), and what every
 * reader shows. Exact numbers and minor units are text.
 */
export function invoiceDocument(identity: InvoiceIdentity, rating: CustomerRating): string {
  const head = {
    invoice: identity.invoiceId,
    customer: identity.customerId,
    period: identity.period,
    series: identity.series,
    currency: rating.currency,
  };
  if (rating.kind === 'held') {
    return canonicalJson({
      ...head,
      held: { reason: rating.reason, detail: rating.detail },
      segments: [],
      lines: [],
      exclusions: [],
      subtotal: '0',
      total: '0',
    });
  }
  return canonicalJson({
    ...head,
    segments: rating.billed.map(segmentJson),
    lines: chargeLines(rating.billed).map(({ key, segment, line }) => ({ segment, ...lineJson(key, line) })),
    exclusions: rating.exclusions.map((exclusion) => ({ ...exclusion, quantity: exclusion.quantity.toString() })),
    // Only where there are such days: what was rated before there were off-cycle runs keeps its bytes.
    ...(rating.billedOffCycle.length === 0
      ? {}
      : { billedOffCycle: rating.billedOffCycle.map(({ from, to }) => ({ from, to })) }),
    // Left out where there is none, so that documents from before adjustments read and replay the same.
    ...(rating.adjustments.length === 0 ? {} : { adjustments: rating.adjustments.map(adjustmentJson) }),
    subtotal: rating.subtotal.toString(),
    total: rating.subtotal.toString(),
  });
}

/** A rated line with its place: the segment's index, and a key that is unique on the invoice. */
export interface ChargeLine {
  readonly key: string;
  readonly segment: number;
  readonly line: RatedLine;
}

/** The lines of all segments in order. Where a plan's line comes more than once, project and segment make its key unique. */
export function chargeLines(segments: readonly Pick<RatedSegment, 'from' | 'lines'>[]): readonly ChargeLine[] {
  return segments.flatMap((segment, index) =>
    segment.lines.map((line) => {
      const parts = [
        line.key,
        ...(line.project === null ? [] : [line.project]),
        ...(segments.length > 1 ? [segment.from] : []),
      ];
      return { key: parts.join(':'), segment: index, line };
    }),
  );
}

function segmentJson(segment: RatedSegment) {
  const { contractId, mode, planVersion, planDigest, parametersDigest, usageDigest, from, to, activeDays, periodDays } =
    segment;
  return {
    contract: contractId,
    mode,
    planVersion,
    planDigest,
    parametersDigest,
    usageDigest,
    from,
    to,
    activeDays,
    periodDays,
  };
}

function lineJson(key: string, line: RatedLine) {
  return {
    key,
    label: line.label,
    project: line.project,
    formula: { text: line.formula.text, digest: line.formula.digest },
    quantity: line.quantity?.toString() ?? null,
    exact: line.exact.toString(),
    amount: line.amount.toString(),
    inputs: inputsJson(line),
    details: detailsJson(line),
  };
}

function adjustmentJson(adjustment: CarriedAdjustment) {
  const { adjustmentId, period, corrects, total, credited } = adjustment;
  return {
    adjustment: adjustmentId,
    period,
    corrects: [...corrects],
    lines: carriedLines(adjustment).map(({ key, label, amount, line }) => ({
      key,
      label,
      amount: amount.toString(),
      corrects: line === null ? null : line.corrects,
      exact: line === null ? null : line.exact,
    })),
    total: total.toString(),
    credited: credited.toString(),
  };
}

/** The names in the formula and their values. */
export function inputsJson(line: RatedLine): Record<string, string> {
  return Object.fromEntries([...line.inputs].map(([name, value]) => [name, value.toString()]));
}

/** The tiers or packages under the line; their amounts add up to the line's. */
export function detailsJson(line: RatedLine) {
  return line.details.map((detail) => ({
    key: detail.key,
    label: detail.label,
    quantity: detail.quantity?.toString() ?? null,
    unitPrice: detail.unitPrice?.toString() ?? null,
    flat: detail.flat?.toString() ?? null,
    exact: detail.exact.toString(),
    amount: detail.amount.toString(),
  }));
}
