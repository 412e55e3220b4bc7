import { z } from 'zod';
import type { AdjustmentDocument } from '../billing/adjustment.ts';
import { chargeLines } from '../billing/invoice-document.ts';
import type { RatedSegment } from '../billing/rate-customer.ts';
import { currency, type MinorUnits, minorUnits, minorUnitsToExact } from '../exact/currency.ts';
import { Exact } from '../exact/exact.ts';
import { type FigureLine, type FigurePart, lineIdentity } from './correction.ts';

const exact = z.string().transform((text) => Exact.parse(text));
const quantity = z
  .string()
  .nullable()
  .transform((text) => (text === null ? null : Exact.parse(text)));

/** As much of an invoice's document as says what was billed for which line. */
const billedDocumentSchema = z.object({
  invoice: z.string(),
  segments: z.array(
    z.object({
      contract: z.string(),
      from: z.string(),
      to: z.string(),
      planVersion: z.string(),
      parametersDigest: z.string(),
      usageDigest: z.string(),
    }),
  ),
  lines: z.array(
    z.object({
      key: z.string(),
      label: z.string(),
      segment: z.int(),
      project: z.string().nullable(),
      quantity,
      exact,
      amount: z.string().regex(/^-?\d+$/),
      formula: z.object({ text: z.string(), digest: z.string() }),
      details: z.array(z.object({ key: z.string(), label: z.string(), quantity, exact })),
    }),
  ),
});

/** The lines that an invoice billed for its own period; what it carries of others is not among them. */
export function linesOfInvoice(documentText: string): FigureLine[] {
  const document = billedDocumentSchema.parse(JSON.parse(documentText));
  return document.lines.map((line) => {
    const segment = document.segments[line.segment];
    if (segment === undefined)
      throw new RangeError(
        `line ${line.key} of ${document.invoice} names segment ${line.segment} of ${document.segments.length}`,
      );
    const { contract, from, to, planVersion, parametersDigest, usageDigest } = segment;
    return {
      contract,
      segmentFrom: from,
      segmentTo: to,
      line: line.key,
      project: line.project,
      label: line.label,
      invoice: document.invoice,
      amount: minorUnits(BigInt(line.amount)),
      parts: partsOf(line),
      cites: { formula: line.formula, planVersion, parametersDigest, usageDigest },
    };
  });
}

/** The lines that a rating would bill. */
export function linesOfRating(segments: readonly RatedSegment[]): FigureLine[] {
  return chargeLines(segments).map(({ key, segment: index, line }) => {
    const segment = segments[index];
    if (segment === undefined) throw new RangeError(`line ${key} names segment ${index} of ${segments.length}`);
    const { contractId, from, to, planVersion, parametersDigest, usageDigest } = segment;
    return {
      contract: contractId,
      segmentFrom: from,
      segmentTo: to,
      line: key,
      project: line.project,
      label: line.label,
      invoice: null,
      amount: line.amount,
      parts: partsOf(line),
      cites: { formula: line.formula, planVersion, parametersDigest, usageDigest },
    };
  });
}

interface WholeLine {
  readonly quantity: Exact | null;
  readonly exact: Exact;
  readonly details: readonly {
    readonly key: string;
    readonly label: string;
    readonly quantity: Exact | null;
    readonly exact: Exact;
  }[];
}

function partsOf(line: WholeLine): FigurePart[] {
  if (line.details.length === 0) return [{ part: null, label: null, quantity: line.quantity, exact: line.exact }];
  return line.details.map(({ key, ...detail }) => ({
    part: key,
    label: detail.label,
    quantity: detail.quantity,
    exact: detail.exact,
  }));
}

/** An adjustment that was placed, and what of it was to be given back by credit notes that went with a voided invoice. */
export interface StandingAdjustment {
  readonly document: AdjustmentDocument;
  readonly lapsed: MinorUnits;
}

/**
 * What was billed for a period in the end: the lines of its invoices, and what was placed since on top of them. What an
 * adjustment changed is added to whatever stands by now: the invoice, or another adjustment before it, may have been given
 * up since it was computed.
 */
export function billedLines(invoices: readonly string[], adjustments: readonly StandingAdjustment[]): FigureLine[] {
  const lines = new Map(invoices.flatMap(linesOfInvoice).map((line) => [lineIdentity(line), line]));
  for (const { document, lapsed } of adjustments) {
    for (const change of document.lines) {
      const identity = lineIdentity({ ...change, line: change.corrects.line });
      lines.set(identity, applied(lines.get(identity) ?? lineOf(change), change));
    }
    const [first] = document.lines;
    if (lapsed === 0n || first === undefined) continue;
    const back = lapsedLine(document, first, lapsed);
    lines.set(lineIdentity(back), back);
  }
  return [...lines.values()];
}

type AdjustedLine = AdjustmentDocument['lines'][number];

/** A line that first came with an adjustment. */
function lineOf(change: AdjustedLine): FigureLine {
  const { contract, segmentFrom, segmentTo, project, corrects, label } = change;
  const { formula, planVersion, parametersDigest, usageDigest } = change;
  return {
    contract,
    segmentFrom,
    segmentTo,
    line: corrects.line,
    project,
    label,
    invoice: corrects.invoice,
    amount: minorUnits(0n),
    parts: [],
    cites: { formula, planVersion, parametersDigest, usageDigest },
  };
}

/** What an adjustment gave back and its customer never got. It has no tier; it belongs to the adjustment's first line. */
function lapsedLine(document: AdjustmentDocument, first: AdjustedLine, lapsed: MinorUnits): FigureLine {
  const exact = minorUnitsToExact(lapsed, currency(document.currency));
  return {
    ...lineOf(first),
    line: `${document.adjustment}/lapsed`,
    label: 'Credit note that went with a voided invoice',
    amount: lapsed,
    parts: [{ part: null, label: null, quantity: null, exact }],
  };
}

function applied(line: FigureLine, change: AdjustedLine): FigureLine {
  const { part } = change.corrects;
  const before = line.parts.find((each) => each.part === part);
  const exact = (before?.exact ?? Exact.zero).add(Exact.parse(change.exact));
  const { corrected } = change;
  // The quantity explains the figure only where the figure is the one that the adjustment came to.
  const quantity = exact.equals(Exact.parse(corrected.exact)) ? corrected.quantity : null;
  const now: FigurePart = {
    part,
    label: before?.label ?? change.label,
    quantity: quantity === null ? null : Exact.parse(quantity),
    exact,
  };
  const parts =
    before === undefined ? [...line.parts, now] : line.parts.map((each) => (each.part === part ? now : each));
  return { ...line, amount: minorUnits(line.amount + change.amount), parts };
}
