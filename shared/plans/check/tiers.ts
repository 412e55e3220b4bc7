import type { Diagnostic } from '../diagnostic.ts';
import type { PlanDocument } from '../plan-document.ts';
import { namesUsed, type PlanFormulas } from '../read-formulas.ts';
import { planFinding } from './finding.ts';

/** Negative prices in rates that a line without allowNegative uses. */
export function negativePrices(plan: PlanDocument, formulas: PlanFormulas): Diagnostic[] {
  const charging = new Set<string>();
  for (const line of plan.lines) {
    const formula = formulas.get(line.key);
    if (formula === undefined || line.allowNegative === true) continue;
    for (const use of namesUsed(formula)) if (use.kind === 'rate') charging.add(use.name);
  }
  return Object.entries(plan.rates).flatMap(([name, rate]) => {
    if (!charging.has(name)) return [];
    return rate.tiers.flatMap((tier, index) =>
      (['unitPrice', 'flat'] as const).flatMap((field) => {
        const price = tier[field];
        if (price === undefined || !price.startsWith('-')) return [];
        const message = `The ${field} of tier ${index + 1} of rate "${name}" is ${price}. Prices must not be negative; give a discount as a line of its own with allowNegative.`;
        return [planFinding('price-negative', message)];
      }),
    );
  });
}
