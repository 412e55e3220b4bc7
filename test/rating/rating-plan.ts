import { Exact } from '../../shared/exact/exact.ts';
import { type CompiledPlan, compilePlan } from '../../shared/plans/compile.ts';
import { parsePlanDocument } from '../../shared/plans/plan-document.ts';
import type { RatedUsage, Rating, RatingUsage } from '../../shared/rating/rating.ts';

/** `[upTo, unitPrice, flat]` */
export type TierRow = readonly [string | null, string, string?];

export function rateDocument(tiers: readonly TierRow[], flatAtZero = false) {
  const rows = tiers.map(([upTo, unitPrice, flat]) => ({ upTo, unitPrice, ...(flat === undefined ? {} : { flat }) }));
  return { per: 'unit', flatAtZero, tiers: rows };
}

/** A compiled plan with the metrics u and v, and whatever the parts say. */
export function planWith(parts: Readonly<Record<string, unknown>>): CompiledPlan {
  const metrics = { u: { unit: 'unit', rollup: 'sum' }, v: { unit: 'unit', rollup: 'sum' } };
  const document = parsePlanDocument({ plan: 'test', title: 'Test', currency: 'usd', metrics, ...parts });
  if (document.kind === 'refused') throw new Error(JSON.stringify(document.diagnostics));
  return compilePlan(document.plan);
}

/** A compiled plan of one line. */
export function planOf(
  formula: string,
  parts: Readonly<Record<string, unknown>> = {},
  line: Readonly<Record<string, unknown>> = {},
): CompiledPlan {
  return planWith({ lines: [{ key: 'usage', label: 'Usage', formula, ...line }], ...parts });
}

export function quantities(values: Readonly<Record<string, string>>): Map<string, Exact> {
  return new Map(Object.entries({ u: '0', v: '0', ...values }).map(([metric, value]) => [metric, Exact.parse(value)]));
}

/** A customer's usage of a full period of 30 days. */
export function usageOf(
  values: Readonly<Record<string, string>>,
  projects: Readonly<Record<string, Readonly<Record<string, string>>>> = {},
): RatingUsage {
  const byProject = Object.entries(projects).map(([project, each]) => [project, quantities(each)] as const);
  return { totals: quantities(values), projects: new Map(byProject), activeDays: 30, periodDays: 30 };
}

export function ratedOrThrow(rating: Rating): RatedUsage {
  if (rating.kind === 'refused') throw new Error(`${rating.reason}: ${rating.detail}`);
  return rating;
}
