import type { Diagnostic } from '../diagnostic.ts';
import type { Formula } from '../formula/tree.ts';
import type { PlanDocument } from '../plan-document.ts';
import { namesUsed } from '../read-formulas.ts';
import { planFinding } from './finding.ts';

const GROUPS = [
  { group: 'metrics', code: 'unused-metric', what: 'metric' },
  { group: 'parameters', code: 'unused-parameter', what: 'parameter' },
  { group: 'rates', code: 'unused-rate', what: 'rate' },
] as const;

/** Metrics, parameters and rates that no formula names. A metric that a line only shows as its quantity is in use. */
export function unusedNames(plan: PlanDocument, formulas: Iterable<Formula>): Diagnostic[] {
  const used = new Set([...formulas].flatMap((formula) => namesUsed(formula).map((use) => use.name)));
  for (const { quantity } of plan.lines) if (quantity !== undefined) used.add(quantity);
  return GROUPS.flatMap(({ group, code, what }) =>
    Object.keys(plan[group])
      .filter((name) => !used.has(name))
      .map((name) => planFinding(code, `No formula uses the ${what} "${name}". Use it in a line, or remove it.`)),
  );
}
