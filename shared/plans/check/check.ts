import type { Diagnostic } from '../diagnostic.ts';
import { parseFormula } from '../formula/parse.ts';
import type { Formula } from '../formula/tree.ts';
import type { PlanDocument } from '../plan-document.ts';
import { parsePlanDocument } from '../plan-document.ts';
import { readFormulas } from '../read-formulas.ts';
import { costFindings } from './cost.ts';
import { examinePlan } from './examine.ts';
import { lineFindings } from './line-findings.ts';
import { unusedNames } from './names.ts';
import { negativePrices } from './tiers.ts';
import { unitFindings } from './units.ts';

/**
 * The static check of a plan: every finding, in the order of its lines and of the places in them, the findings about
 * the plan as a whole last. Pure and deterministic; its work is bounded by counts, never by time.
 *
 * A guarantee that has no finding is proved for every usage from zero up, for periods of 1 to 366 days and the values
 * that the parameters have. What cannot be proved is searched for a counterexample and reported either way.
 */
export function checkPlan(plan: PlanDocument): Diagnostic[] {
  const reading = readFormulas(plan);
  if (reading.kind === 'refused')
    return inOrder(plan, [...reading.diagnostics, ...unitsOfReadable(plan, reading.diagnostics)]);
  const { formulas } = reading;
  const findings = [...unusedNames(plan, formulas.values()), ...negativePrices(plan, formulas)];
  for (const line of plan.lines) {
    const formula = formulas.get(line.key);
    if (formula !== undefined)
      findings.push(...unitFindings(plan, line, formula), ...costFindings(plan, line, formula));
  }
  const faulty = linesWithErrors(findings);
  for (const proofs of examinePlan(plan, formulas)) {
    if (!faulty.has(proofs.context.line.key)) findings.push(...lineFindings(plan, proofs));
  }
  return inOrder(plan, findings);
}

/** Reads a document and checks the plan in it; what makes it no plan is reported alone. */
export function checkPlanDocument(document: unknown): readonly Diagnostic[] {
  const reading = parsePlanDocument(document);
  return reading.kind === 'refused' ? reading.diagnostics : checkPlan(reading.plan);
}

/** While some lines cannot be read, the units of the others are already checked. */
function unitsOfReadable(plan: PlanDocument, diagnostics: readonly Diagnostic[]): Diagnostic[] {
  const faulty = linesWithErrors(diagnostics);
  return plan.lines.flatMap((line) => {
    const formula: Formula | undefined = faulty.has(line.key) ? undefined : readable(line.formula);
    return formula === undefined ? [] : unitFindings(plan, line, formula);
  });
}

function readable(text: string): Formula | undefined {
  const reading = parseFormula(text);
  return reading.kind === 'parsed' ? reading.formula : undefined;
}

function linesWithErrors(diagnostics: readonly Diagnostic[]): Set<string> {
  return new Set(diagnostics.flatMap(({ severity, line }) => (severity === 'error' && line !== null ? [line] : [])));
}

function inOrder(plan: PlanDocument, findings: readonly Diagnostic[]): Diagnostic[] {
  const position = new Map(plan.lines.map((line, index) => [line.key, index]));
  const placeOf = ({ line }: Diagnostic): number =>
    (line === null ? undefined : position.get(line)) ?? plan.lines.length;
  return [...findings].sort((a, b) => placeOf(a) - placeOf(b) || (a.start ?? 0) - (b.start ?? 0));
}
