import type { AdjustmentLine } from '../billing/adjustment.ts';
import { allocate } from '../exact/allocation.ts';
import { type Currency, inMinorUnits, type MinorUnits, minorUnits } from '../exact/currency.ts';
import { Exact } from '../exact/exact.ts';

/** What a figure was made from; the adjustment's line cites it. */
interface Cited {
  readonly formula: { readonly text: string; readonly digest: string };
  readonly planVersion: string;
  readonly parametersDigest: string;
  readonly usageDigest: string;
}

/** A tier or term under a line, or the whole of a line that has none (`part` is null). */
export interface FigurePart {
  readonly part: string | null;
  readonly label: string | null;
  readonly quantity: Exact | null;
  readonly exact: Exact;
}

/** A line as it was billed, or as it should have been. */
export interface FigureLine {
  readonly contract: string;
  readonly segmentFrom: string;
  readonly segmentTo: string;
  /** The line's key on the invoice. */
  readonly line: string;
  readonly project: string | null;
  readonly label: string;
  /** The invoice that bills it; null on the corrected side. */
  readonly invoice: string | null;
  readonly amount: MinorUnits;
  /** They add up to the line's exact amount. */
  readonly parts: readonly FigurePart[];
  readonly cites: Cited;
}

export interface Correction {
  readonly lines: readonly AdjustmentLine[];
  readonly billed: MinorUnits;
  readonly corrected: MinorUnits;
  /** corrected − billed; the lines add up to it. */
  readonly total: MinorUnits;
}

/** What makes two lines the same line. */
export function lineIdentity(
  line: Pick<FigureLine, 'contract' | 'segmentFrom' | 'segmentTo' | 'line' | 'project'>,
): string {
  return JSON.stringify([line.contract, line.segmentFrom, line.segmentTo, line.line, line.project]);
}

/**
 * corrected − billed, line by line. Lines are matched by contract segment, key and project; a line on one side alone
 * stands against zero. Under a line only the tiers and terms that differ are listed, so that a volume that reached
 * another tier is taken back whole in the old one and charged in the new one. The amounts under a line share the
 * difference of the two rounded lines, and nothing is rounded a second time. Pure.
 */
export function correctionOf(
  billed: readonly FigureLine[],
  corrected: readonly FigureLine[],
  currency: Currency,
  basis: string,
): Correction {
  const after = new Map(corrected.map((line) => [lineIdentity(line), line]));
  const before = new Map(billed.map((line) => [lineIdentity(line), line]));
  const identities = [...new Set([...after.keys(), ...before.keys()])];
  const lines = identities.flatMap((identity) =>
    differences(before.get(identity), after.get(identity), currency, basis),
  );
  const sides = [billed, corrected].map((side) => side.reduce((sum, line) => sum + line.amount, 0n));
  const [billedTotal = 0n, correctedTotal = 0n] = sides;
  return {
    lines: lines.map((line, index) => ({ ...line, key: `${index + 1}` })),
    billed: minorUnits(billedTotal),
    corrected: minorUnits(correctedTotal),
    total: minorUnits(correctedTotal - billedTotal),
  };
}

/** The differences under one line; none when its rounded amount is right. */
function differences(
  before: FigureLine | undefined,
  after: FigureLine | undefined,
  currency: Currency,
  basis: string,
): Omit<AdjustmentLine, 'key'>[] {
  const line = after ?? before;
  const change = minorUnits((after?.amount ?? 0n) - (before?.amount ?? 0n));
  if (line === undefined || change === 0n) return [];
  const old = new Map((before?.parts ?? []).map((part) => [part.part, part]));
  const right = new Map((after?.parts ?? []).map((part) => [part.part, part]));
  const parts = [...new Set([...old.keys(), ...right.keys()])]
    .map((part) => ({ part, old: old.get(part), right: right.get(part) }))
    .map((each) => ({ ...each, exact: exactOf(each.right).subtract(exactOf(each.old)) }));
  const different = parts.filter(({ exact }) => !exact.isZero());
  // Roundings that were given back can leave a unit where no exact figure differs: the first part takes it.
  const changed = different.length > 0 ? different : parts.slice(0, 1);
  const exacts = changed.map(({ exact }) => inMinorUnits(exact, currency));
  const shares = exacts.length === 1 ? [change] : share(change, exacts);
  return changed.map(({ part, old: billed, right: corrected, exact }, index) => {
    const partLabel = (corrected ?? billed)?.label ?? null;
    return {
      label: partLabel === null ? line.label : `${line.label}, ${partLabel}`,
      corrects: { invoice: before?.invoice ?? basis, line: line.line, part },
      contract: line.contract,
      segmentFrom: line.segmentFrom,
      segmentTo: line.segmentTo,
      project: line.project,
      billed: figureJson(billed),
      corrected: figureJson(corrected),
      exact: exact.toString(),
      amount: shares[index] ?? minorUnits(0n),
      ...line.cites,
    };
  });
}

function exactOf(part: FigurePart | undefined): Exact {
  return part?.exact ?? Exact.zero;
}

function figureJson(part: FigurePart | undefined) {
  return { exact: exactOf(part).toString(), quantity: part?.quantity?.toString() ?? null };
}

/**
 * Shares the difference of two rounded amounts over the exact differences under it. The difference of two roundings can
 * be one unit away from the rounding of the difference: that unit goes to the largest part, the first of equal ones.
 */
function share(change: MinorUnits, parts: readonly Exact[]): MinorUnits[] {
  const rounded = parts.reduce((sum, part) => sum.add(part), Exact.zero).roundHalfAwayFromZero();
  const shares = allocate(minorUnits(rounded), parts);
  const largest = parts.reduce(
    (best, part, index) => (part.abs().compare(parts[best]?.abs() ?? Exact.zero) > 0 ? index : best),
    0,
  );
  return shares.map((amount, index) => minorUnits(index === largest ? amount + change - rounded : amount));
}
