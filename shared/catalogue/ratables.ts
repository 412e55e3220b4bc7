import { type PlanDocument, parsePlanDocument } from '../plans/plan-document.ts';
import { openRatablePlans, type Ratable } from '../rating/ratable-plans.ts';
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
  const stored = openRatablePlans(
    new Map(documents.map((row) => [row.plan_version, row.document])),
    new Map([...collected].map(([metric, { divisor }]) => [metric, divisor])),
  );
  const candidates = new Map<string, Ratable>();
  return {
    stored(version, overrides) {
      const found = stored.find(version, overrides);
      if (found === undefined) throw new Error(`plan version ${version} is in a contract and not in the database`);
      return found;
    },
    candidate(overrides) {
      const known = candidates.get(overrides) ?? stored.prepare(candidate, overrides);
      candidates.set(overrides, known);
      return known;
    },
    plans: () => [candidate, ...documents.map((row) => readStored(row.plan_version, row.document))],
  };
}

/** The plan of a stored version. Throws when the text is none: it was one when it was submitted. */
export function readStored(version: string, document: string): PlanDocument {
  const reading = parsePlanDocument(JSON.parse(document));
  if (reading.kind === 'parsed') return reading.plan;
  throw new Error(`plan version ${version} cannot be read: ${reading.diagnostics[0]?.message ?? ''}`);
}
