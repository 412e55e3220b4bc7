import { compilePlan } from '../plans/compile.ts';
import { applyOverrides, overridesSchema } from '../plans/contract.ts';
import { type PlanDocument, parsePlanDocument } from '../plans/plan-document.ts';
import { readFormulas } from '../plans/read-formulas.ts';
import type { MetricRollup } from '../rating/roll-up.ts';
import type { Ratable } from './backtest-rating.ts';
import type { CollectedMetrics } from './metrics.ts';

/** Plans made ready to rate, each once however many contracts share it. */
export interface Ratables {
  /** A version from the database with a contract's overrides (JSON). */
  stored(planVersion: string, overrides: string): Ratable;
  /** The new version with a contract's overrides (JSON). */
  candidate(overrides: string): Ratable;
  /** Every plan involved, without overrides. */
  plans(): readonly PlanDocument[];
}

export function openRatables(
  candidate: PlanDocument,
  documents: readonly { readonly plan_version: string; readonly document: string }[],
  collected: CollectedMetrics,
): Ratables {
  const plans = new Map(
    documents.map(({ plan_version: version, document }) => [version, readStored(version, document)]),
  );
  const made = new Map<string, Ratable>();
  const rollups = rollupsOf(collected);
  const remember = (key: string, make: () => Ratable): Ratable => {
    const known = made.get(key) ?? make();
    made.set(key, known);
    return known;
  };
  return {
    stored: (version, overrides) =>
      remember(`${version} ${overrides}`, () => {
        const plan = plans.get(version);
        if (plan === undefined) throw new Error(`plan version ${version} is in a contract and not in the database`);
        return prepare(plan, overrides, rollups);
      }),
    candidate: (overrides) => remember(`candidate ${overrides}`, () => prepare(candidate, overrides, rollups)),
    plans: () => [candidate, ...plans.values()],
  };
}

/** The plan of a stored version. Throws when the text is none: it was one when it was submitted. */
export function readStored(version: string, document: string): PlanDocument {
  const reading = parsePlanDocument(JSON.parse(document));
  if (reading.kind === 'parsed') return reading.plan;
  throw new Error(`plan version ${version} cannot be read: ${reading.diagnostics[0]?.message ?? ''}`);
}

function prepare(plan: PlanDocument, overrides: string, rollups: Rollups): Ratable {
  const overridden = applyOverrides(plan, overridesSchema.parse(JSON.parse(overrides)));
  if (overridden.kind === 'refused') return refused('overrides_do_not_fit', overridden.diagnostics);
  const formulas = readFormulas(overridden.plan);
  if (formulas.kind === 'refused') return refused('unreadable_formula', formulas.diagnostics);
  const metrics = rollups(overridden.plan);
  if (typeof metrics === 'string') return { kind: 'refused', reason: 'unknown_metric', detail: metrics };
  return { kind: 'ready', compiled: compilePlan(overridden.plan), metrics };
}

/** What rolling up a plan's metrics takes, the same object for the same metrics; or what is missing. */
type Rollups = (plan: PlanDocument) => ReadonlyMap<string, MetricRollup> | string;

function rollupsOf(collected: CollectedMetrics): Rollups {
  const known = new Map<string, ReadonlyMap<string, MetricRollup>>();
  return (plan) => {
    const entries = Object.entries(plan.metrics).sort(([a], [b]) => (a < b ? -1 : 1));
    const missing = entries.find(([metric]) => !collected.has(metric));
    if (missing !== undefined) return `nothing collects the metric ${missing[0]}`;
    const key = entries.map(([metric, { rollup }]) => `${metric} ${rollup}`).join(', ');
    const made =
      known.get(key) ??
      new Map(
        entries.flatMap(([metric, { rollup }]) => {
          const divisor = collected.get(metric)?.divisor;
          return divisor === undefined ? [] : [[metric, { rollup, divisor }] as const];
        }),
      );
    known.set(key, made);
    return made;
  };
}

function refused(reason: string, diagnostics: readonly { readonly message: string }[]): Ratable {
  return { kind: 'refused', reason, detail: diagnostics.map(({ message }) => message).join('; ') };
}
