import { z } from 'zod';
import type { Diagnostic } from './diagnostic.ts';
import { decimalSchema, nameSchema, type PlanDocument, rateSchema } from './plan-document.ts';

/** What a contract changes in its plan: values of parameters (their units stay) and whole rates. */
export const overridesSchema = z.strictObject({
  parameters: z.record(nameSchema, decimalSchema).optional(),
  rates: z.record(nameSchema, rateSchema).optional(),
});

export type PlanOverrides = z.infer<typeof overridesSchema>;

export type OverrideOutcome =
  | { readonly kind: 'applied'; readonly plan: PlanDocument }
  | { readonly kind: 'refused'; readonly diagnostics: readonly Diagnostic[] };

function unknownNames(group: 'parameters' | 'rates', overrides: object, plan: PlanDocument): Diagnostic[] {
  return Object.keys(overrides)
    .filter((name) => !Object.hasOwn(plan[group], name))
    .map((name) => ({
      code: 'document',
      severity: 'error',
      line: null,
      start: null,
      end: null,
      message: `${group}.${name} cannot be overridden: plan ${plan.plan} does not have it; correct the name or remove it`,
    }));
}

/** The plan as the contract changes it: an ordinary plan, with its own digest, that is checked like any other. */
export function applyOverrides(plan: PlanDocument, overrides: PlanOverrides): OverrideOutcome {
  const { parameters = {}, rates = {} } = overrides;
  const diagnostics = [...unknownNames('parameters', parameters, plan), ...unknownNames('rates', rates, plan)];
  if (diagnostics.length > 0) return { kind: 'refused', diagnostics };
  const changed = Object.entries(plan.parameters).map(([name, { value, unit }]) => [
    name,
    { value: parameters[name] ?? value, unit },
  ]);
  return {
    kind: 'applied',
    plan: { ...plan, parameters: Object.fromEntries(changed), rates: { ...plan.rates, ...rates } },
  };
}
