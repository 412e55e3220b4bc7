import type { CompiledPlan } from '../plans/compile.ts';
import type { Quantities, RatingRefusal, RatingUsage } from './rating.ts';

function quantityProblem(plan: CompiledPlan, quantities: Quantities, project: string | null): RatingRefusal | null {
  const owner = project === null ? 'the customer' : `project ${project}`;
  for (const metric of plan.metrics) {
    const quantity = quantities.get(metric);
    const refused = { kind: 'refused', line: null, project } as const;
    if (quantity === undefined) {
      const detail = `there is no ${metric} for ${owner}; missing usage is never zero, so complete the usage first`;
      return { ...refused, reason: 'missing_metric', detail };
    }
    if (quantity.sign() < 0) {
      const detail = `${metric} of ${owner} is ${quantity.toString().slice(0, 60)}; usage cannot be negative, so correct its source`;
      return { ...refused, reason: 'negative_usage', detail };
    }
  }
  return null;
}

/**
 * Why the usage cannot be rated under the plan, or null. Projects are looked at only when a line is rated per project.
 * Throws RangeError for days that no segment of a period has.
 */
export function findUsageProblem(plan: CompiledPlan, usage: RatingUsage): RatingRefusal | null {
  const { activeDays, periodDays } = usage;
  const areDays = Number.isSafeInteger(activeDays) && Number.isSafeInteger(periodDays);
  if (!areDays || activeDays < 0 || periodDays < 1 || activeDays > periodDays) {
    throw new RangeError(`a segment cannot have ${activeDays} of ${periodDays} days`);
  }
  const problem = quantityProblem(plan, usage.totals, null);
  if (problem !== null || !plan.lines.some((line) => line.perProject)) return problem;
  for (const project of [...usage.projects.keys()].sort()) {
    const found = quantityProblem(plan, usage.projects.get(project) ?? new Map(), project);
    if (found !== null) return found;
  }
  return null;
}
