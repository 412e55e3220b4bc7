import { z } from 'zod';
import { type MinorUnits, minorUnits } from '../exact/currency.ts';

const amount = z
  .string()
  .regex(/^-?\d+$/)
  .transform((text) => minorUnits(BigInt(text)));

/** One line of an adjustment: what a line of an invoice, or one tier of it, is corrected by. */
const adjustmentLineSchema = z.object({
  /** Unique within the adjustment. */
  key: z.string(),
  label: z.string(),
  /** The line that it corrects: the invoice, the segment, the line's key there, and the tier or term under it. */
  corrects: z.object({ invoice: z.string(), line: z.string(), part: z.string().nullable() }),
  contract: z.string(),
  segmentFrom: z.string(),
  segmentTo: z.string(),
  project: z.string().nullable(),
  billed: z.object({ exact: z.string(), quantity: z.string().nullable() }),
  corrected: z.object({ exact: z.string(), quantity: z.string().nullable() }),
  /** Corrected minus billed, before rounding. */
  exact: z.string(),
  /** Its share of the difference between the two rounded lines. */
  amount,
  formula: z.object({ text: z.string(), digest: z.string() }),
  planVersion: z.string(),
  parametersDigest: z.string(),
  usageDigest: z.string(),
});

export type AdjustmentLine = z.output<typeof adjustmentLineSchema>;

/** The document of an adjustment, as it is kept in canonical JSON. */
export const adjustmentDocumentSchema = z.object({
  adjustment: z.string(),
  customer: z.string(),
  period: z.string(),
  currency: z.string(),
  /** The invoices that were billed, the oldest first, with the digests of their documents. */
  corrects: z.array(z.object({ invoice: z.string(), documentDigest: z.string() })),
  /** The adjustments that were placed before. */
  after: z.array(z.string()),
  run: z.string(),
  rerating: z.int(),
  inputsDigest: z.string(),
  lines: z.array(adjustmentLineSchema),
  billed: amount,
  corrected: amount,
  total: amount,
});

export type AdjustmentDocument = z.output<typeof adjustmentDocumentSchema>;

/** An adjustment that the next invoice of its customer carries. */
export interface DueAdjustment {
  readonly adjustmentId: string;
  readonly period: string;
  readonly currency: string;
  readonly total: MinorUnits;
  readonly corrects: readonly string[];
  readonly lines: readonly AdjustmentLine[];
}

/** Reads a kept adjustment. Throws when the text is not a document of one. */
export function readAdjustment(text: string): DueAdjustment {
  const { adjustment, period, currency, total, corrects, lines } = adjustmentDocumentSchema.parse(JSON.parse(text));
  return {
    adjustmentId: adjustment,
    period,
    currency,
    total,
    corrects: corrects.map(({ invoice }) => invoice),
    lines,
  };
}

/** An adjustment on the invoice that carries it. `credited` is positive: what is given back as a credit in Stripe instead. */
export interface CarriedAdjustment extends DueAdjustment {
  readonly credited: MinorUnits;
}

export interface CarriedAdjustments {
  readonly carried: readonly CarriedAdjustment[];
  /** The invoice's own lines, the adjustments and what was taken out of them; never below 0 through an adjustment. */
  readonly subtotal: MinorUnits;
}

/**
 * Puts adjustments on an invoice whose own lines add up to `own`. Charges come first, then credits, each group in the
 * order given; a credit that would take the total below zero is on the invoice in full, and the part below zero stands
 * against it as "given back as a credit", so that the invoice asks for nothing and the credit goes to Stripe.
 */
export function carryAdjustments(own: MinorUnits, due: readonly DueAdjustment[]): CarriedAdjustments {
  const ordered = [...due.filter(({ total }) => total >= 0n), ...due.filter(({ total }) => total < 0n)];
  let running: bigint = own;
  const carried = ordered.map((adjustment) => {
    const room = running > 0n ? running : 0n;
    const missing = -(room + adjustment.total);
    const credited = adjustment.total < 0n && missing > 0n ? missing : 0n;
    running += adjustment.total + credited;
    return { ...adjustment, credited: minorUnits(credited) };
  });
  return { carried, subtotal: minorUnits(running) };
}

/** A line that stands on an invoice because of an adjustment, with its key there. */
export interface CarriedLine {
  readonly key: string;
  readonly label: string;
  readonly amount: MinorUnits;
  /** The adjustment's own line; null for what was taken out as a credit. */
  readonly line: AdjustmentLine | null;
}

/** The lines of a carried adjustment on its invoice; they add up to its total and what was credited. */
export function carriedLines(adjustment: CarriedAdjustment): readonly CarriedLine[] {
  const { adjustmentId, period, credited } = adjustment;
  const own = adjustment.lines.map((line) => ({
    key: `${adjustmentId}/${line.key}`,
    label: `Correction of ${period}: ${line.label}`,
    amount: line.amount,
    line,
  }));
  if (credited === 0n) return own;
  const label = `Correction of ${period}: given back as a credit`;
  return [...own, { key: `${adjustmentId}/credited`, label, amount: credited, line: null }];
}
