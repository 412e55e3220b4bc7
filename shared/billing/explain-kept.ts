import { Exact } from '../exact/exact.ts';
import { compilePlan } from '../plans/compile.ts';
import { rate } from '../rating/rate.ts';
import type { RatedLine } from '../rating/rating.ts';
import type { KeptMonth } from '../retention/kept.ts';
import { inputsSchema, termsOf } from './explain-lines.ts';
import type { RetentionExplanation } from './explanation.ts';
import { chargeLines } from './invoice-document.ts';
import type { KeptCharge, RestingInvoice } from './rest-of-invoice.ts';

/**
 * Rates an invoice whose usage rows are gone from the quantities that it kept, by the same core as when it was made, and
 * gives the exact amounts by line. What cannot be rated is left out, and shows as a difference.
 */
export function rateFromKept(rest: RestingInvoice): ReadonlyMap<string, Exact> {
  const segments = rest.inputs.contracts.map((contract) => {
    const charges = rest.charges.filter(
      (charge) => charge.contract_id === contract.contractId && charge.segment_from === contract.from,
    );
    return { from: contract.from, lines: rateSegment(rest, charges) };
  });
  return new Map(chargeLines(segments).map(({ key, line }) => [key, line.exact]));
}

function rateSegment(rest: RestingInvoice, charges: readonly KeptCharge[]): readonly RatedLine[] {
  const [first] = charges;
  const segment = rest.segments.find(
    ({ contract, from }) => contract === first?.contract_id && from === first.segment_from,
  );
  if (first === undefined || segment === undefined) return [];
  const compiled = compilePlan(termsOf(rest, first).applied);
  const quantities = (of: readonly KeptCharge[]) => {
    const kept = new Map(of.flatMap((charge) => Object.entries(inputsSchema.parse(JSON.parse(charge.inputs)))));
    // A metric in no formula of the lines has no part in their amounts.
    return new Map(compiled.metrics.map((metric) => [metric, Exact.parse(kept.get(metric) ?? '0')]));
  };
  const projects = Map.groupBy(
    charges.filter((charge) => charge.project_id !== null),
    (charge) => charge.project_id ?? '',
  );
  const rating = rate(compiled, {
    totals: quantities(charges.filter((charge) => charge.project_id === null)),
    projects: new Map([...projects].map(([project, ofProject]) => [project, quantities(ofProject)])),
    activeDays: segment.activeDays,
    periodDays: segment.periodDays,
  });
  return rating.kind === 'rated' ? rating.lines : [];
}

/** Whether document and charges, which are kept apart, say the same. */
export function chargesMatch(rest: RestingInvoice): boolean {
  return (
    rest.documentLines.size === rest.charges.length &&
    rest.charges.every((charge) => {
      const line = rest.documentLines.get(charge.line_key);
      return line !== undefined && line.exact === charge.exact && line.amount === charge.amount.toString();
    })
  );
}

/** What is left of the rows, and whether it still fits: entry, sealed figures, and the checkpoints that the run pinned. */
export function explainRetention(rest: RestingInvoice, gone: KeptMonth): RetentionExplanation {
  const { month, status, goneAt, figures, entry, checkpoints } = gone;
  const isDropped = status === 'dropped';
  const pinnedMatch = rest.checkpoints.every(({ checkpoint_id: id, row_count: rows, total, digest }) => {
    const kept = checkpoints.get(id);
    return kept !== undefined && kept.rows === rows && kept.total === total && kept.digest === digest;
  });
  return {
    month,
    status,
    goneAt: goneAt.toISOString(),
    rows: figures.rows.toString(),
    totals: figures.totals,
    digest: figures.digest,
    auditSequence: entry?.sequence.toString() ?? null,
    // Before the drop there is no entry yet, and the rows can still be put back.
    matches: isDropped ? entry?.adds_up === true && pinnedMatch : true,
  };
}
