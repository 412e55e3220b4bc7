import type { Exact } from '../exact/exact.ts';
import { type CompiledPlan, compilePlan } from '../plans/compile.ts';
import { applyOverrides, overridesSchema } from '../plans/contract.ts';
import { type PlanDocument, parsePlanDocument } from '../plans/plan-document.ts';
import { readFormulas } from '../plans/read-formulas.ts';
import type { MetricRollup } from './roll-up.ts';

/** A plan ready to rate, or why it cannot. */
export type Ratable =
  | { readonly kind: 'ready'; readonly compiled: CompiledPlan; readonly metrics: ReadonlyMap<string, MetricRollup> }
  | UnratablePlan;

export interface UnratablePlan {
  readonly kind: 'refused';
  readonly reason: 'unreadable_plan' | 'overrides_do_not_fit' | 'unreadable_formula' | 'unknown_metric';
  /** The plan's currency; null when the plan cannot be read. */
  readonly currency: string | null;
  /** One sentence for each problem, never none. */
  readonly problems: readonly [string, ...string[]];
}

/** Plan versions made ready to rate, each once with the same overrides, however many contracts share it. */
export interface RatablePlans {
  /** `overrides` is the contract's JSON. Undefined when the version is not among the documents. */
  find(planVersion: string, overrides: string): Ratable | undefined;
  /** A plan that has no version yet. */
  prepare(plan: PlanDocument, overrides: string): Ratable;
}

/** The overrides of a contract that changes nothing; what a legacy tier is always rated with. */
export const NO_OVERRIDES = '{}';

/**
 * Opens plan versions for rating: `documents` are canonical JSON by version, `divisors` the source units in one billed
 * unit by metric, for every metric that is measured.
 */
export function openRatablePlans(
  documents: ReadonlyMap<string, string>,
  divisors: ReadonlyMap<string, Exact>,
): RatablePlans {
  const made = new Map<string, Ratable>();
  const rollups = rollupsOf(divisors);
  return {
    find(planVersion, overrides) {
      const text = documents.get(planVersion);
      if (text === undefined) return undefined;
      const key = `${planVersion} ${overrides}`;
      const known = made.get(key) ?? read(text, overrides, rollups);
      made.set(key, known);
      return known;
    },
    prepare: (plan, overrides) => prepare(plan, overrides, rollups),
  };
}

function read(text: string, overrides: string, rollups: Rollups): Ratable {
  const reading = parsePlanDocument(JSON.parse(text));
  if (reading.kind === 'refused') return refused('unreadable_plan', null, reading.diagnostics);
  return prepare(reading.plan, overrides, rollups);
}

function prepare(plan: PlanDocument, overrides: string, rollups: Rollups): Ratable {
  const parsed = overridesSchema.safeParse(JSON.parse(overrides));
  if (!parsed.success) return refused('overrides_do_not_fit', plan.currency, parsed.error.issues);
  const overridden = applyOverrides(plan, parsed.data);
  if (overridden.kind === 'refused') return refused('overrides_do_not_fit', plan.currency, overridden.diagnostics);
  const formulas = readFormulas(overridden.plan);
  if (formulas.kind === 'refused') return refused('unreadable_formula', plan.currency, formulas.diagnostics);
  const metrics = rollups(overridden.plan);
  if (typeof metrics === 'string') {
    const message = `plan ${plan.plan} bills ${metrics}, which nothing measures`;
    return refused('unknown_metric', plan.currency, [{ message }]);
  }
  return { kind: 'ready', compiled: compilePlan(overridden.plan), metrics };
}

/** What rolling up a plan's metrics takes, the same object for the same metrics; or the metric that is missing. */
type Rollups = (plan: PlanDocument) => ReadonlyMap<string, MetricRollup> | string;

function rollupsOf(divisors: ReadonlyMap<string, Exact>): Rollups {
  const known = new Map<string, ReadonlyMap<string, MetricRollup>>();
  return (plan) => {
    const entries = Object.entries(plan.metrics).sort(([a], [b]) => (a < b ? -1 : 1));
    const key = entries.map(([metric, { rollup }]) => `${metric} ${rollup}`).join(', ');
    const before = known.get(key);
    if (before !== undefined) return before;
    const made = new Map<string, MetricRollup>();
    for (const [metric, { rollup }] of entries) {
      const divisor = divisors.get(metric);
      if (divisor === undefined) return metric;
      made.set(metric, { rollup, divisor });
    }
    known.set(key, made);
    return made;
  };
}

function refused(
  reason: UnratablePlan['reason'],
  currency: string | null,
  diagnostics: readonly { readonly message: string }[],
): UnratablePlan {
  const [first = 'it cannot be read', ...others] = diagnostics.map(({ message }) => message);
  return { kind: 'refused', reason, currency, problems: [first, ...others] };
}
