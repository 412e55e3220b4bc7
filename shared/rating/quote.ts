import { z } from 'zod';
import { formatMinorUnits } from '../exact/currency.ts';
import { exactOf } from '../exact/decimal.ts';
import { Exact } from '../exact/exact.ts';
import { compilePlan } from '../plans/compile.ts';
import { applyOverrides } from '../plans/contract.ts';
import { findHiddenKey } from '../plans/hidden-key.ts';
import { decimalSchema, type PlanDocument, parsePlanDocument } from '../plans/plan-document.ts';
import { readFormulas } from '../plans/read-formulas.ts';
import { rate } from './rate.ts';
import type { Quantities, RatedLine, RatedUsage, RatingUsage } from './rating.ts';

const DEFAULT_PERIOD_DAYS = 30;
const MAX_PERIOD_DAYS = 366;
const MAX_PROJECTS = 10_000;

const usageQuantitySchema = decimalSchema.refine((value) => !value.startsWith('-'), 'usage cannot be negative');
const quantitiesSchema = z.record(z.string(), usageQuantitySchema);
const daysSchema = z
  .int('write a whole number of days')
  .min(0, 'days cannot be negative')
  .max(MAX_PERIOD_DAYS, `a period has at most ${MAX_PERIOD_DAYS} days`);

/**
 * The usage of a quote: the customer's totals, or the usage of each project, whose sum is then the total of every
 * metric. Metrics that are left out are 0, here and nowhere else. Without days, a full period of 30 days.
 */
export const quoteUsageSchema = z
  .strictObject({
    usage: quantitiesSchema.optional(),
    projects: z.record(z.string().min(1).max(200), quantitiesSchema).optional(),
    activeDays: daysSchema.optional(),
    periodDays: daysSchema.min(1, 'a period has at least one day').optional(),
    parameters: z.record(z.string(), decimalSchema).optional(),
  })
  .superRefine((given, context) => {
    const [usage, projects] = [given.usage !== undefined, given.projects !== undefined];
    if (usage && projects)
      context.addIssue({ code: 'custom', path: ['projects'], message: 'give either usage or projects, not both' });
    if (!usage && !projects)
      context.addIssue({ code: 'custom', message: 'give usage, like {"usage": {"requests": "1000"}}, or projects' });
    if (Object.keys(given.projects ?? {}).length > MAX_PROJECTS) {
      context.addIssue({ code: 'custom', path: ['projects'], message: `there are more than ${MAX_PROJECTS} projects` });
    }
  });

export type QuoteUsage = z.infer<typeof quoteUsageSchema>;

export interface QuoteDetail {
  readonly key: string;
  readonly label: string;
  readonly quantity: string | null;
  readonly unitPrice: string | null;
  readonly flat: string | null;
  readonly exact: string;
  readonly amount: string;
  readonly amountMinor: string;
}

export interface QuoteLine {
  readonly key: string;
  readonly label: string;
  /** Only on lines that are rated per project. */
  readonly project?: string;
  readonly quantity: string | null;
  /** A decimal, or `n/d` where the exact amount has none. */
  readonly exact: string;
  readonly amount: string;
  readonly amountMinor: string;
  readonly details: readonly QuoteDetail[];
}

export interface Quote {
  readonly currency: string;
  readonly lines: readonly QuoteLine[];
  readonly subtotal: string;
  readonly total: string;
}

export type QuoteOutcome =
  | { readonly kind: 'quoted'; readonly quote: Quote }
  | {
      readonly kind: 'refused';
      readonly reason: 'plan' | 'usage' | 'rating';
      /** One sentence per problem: what, where, what to do. */
      readonly problems: readonly string[];
    };

function refuse(reason: 'plan' | 'usage' | 'rating', problems: readonly string[]): QuoteOutcome {
  return { kind: 'refused', reason, problems };
}

function unknownMetrics(plan: PlanDocument, given: QuoteUsage): string[] {
  const groups: [string, Readonly<Record<string, unknown>>][] = Object.entries(given.projects ?? {}).map(
    ([project, metrics]) => [`projects.${project}`, metrics],
  );
  return [...groups, ['usage', given.usage ?? {}] as const].flatMap(([place, metrics]) =>
    Object.keys(metrics)
      .filter((metric) => !Object.hasOwn(plan.metrics, metric))
      .map(
        (metric) =>
          `${place}: "${metric.slice(0, 60)}" is not a metric of plan ${plan.plan}; its metrics are ${metricList(plan)}`,
      ),
  );
}

function metricList(plan: PlanDocument): string {
  const names = Object.keys(plan.metrics);
  return names.length === 0 ? 'none' : names.join(', ');
}

function completeQuantities(plan: PlanDocument, given: QuoteUsage['usage']): Quantities {
  return new Map(
    Object.keys(plan.metrics).map((metric) => {
      const quantity = given?.[metric];
      return [metric, quantity === undefined ? Exact.zero : exactOf(quantity)];
    }),
  );
}

function ratingUsage(plan: PlanDocument, given: QuoteUsage): RatingUsage {
  const projects = new Map(
    Object.entries(given.projects ?? {}).map(([project, metrics]) => [project, completeQuantities(plan, metrics)]),
  );
  const totals = new Map(completeQuantities(plan, given.usage));
  for (const quantities of projects.values()) {
    for (const [metric, quantity] of quantities) totals.set(metric, (totals.get(metric) ?? Exact.zero).add(quantity));
  }
  const periodDays = given.periodDays ?? Math.max(DEFAULT_PERIOD_DAYS, given.activeDays ?? 0);
  return { totals, projects, activeDays: given.activeDays ?? periodDays, periodDays };
}

function quoteLine(line: RatedLine, currency: RatedUsage['currency']): QuoteLine {
  return {
    key: line.key,
    label: line.label,
    ...(line.project === null ? {} : { project: line.project }),
    quantity: line.quantity?.toString() ?? null,
    exact: line.exact.toString(),
    amount: formatMinorUnits(line.amount, currency),
    amountMinor: line.amount.toString(),
    details: line.details.map((detail) => ({
      key: detail.key,
      label: detail.label,
      quantity: detail.quantity?.toString() ?? null,
      unitPrice: detail.unitPrice?.toString() ?? null,
      flat: detail.flat?.toString() ?? null,
      exact: detail.exact.toString(),
      amount: formatMinorUnits(detail.amount, currency),
      amountMinor: detail.amount.toString(),
    })),
  };
}

/** A rating in the form in which quotes show it: all numbers as text. */
export function quoteOf(rating: RatedUsage): Quote {
  return {
    currency: rating.currency,
    lines: rating.lines.map((line) => quoteLine(line, rating.currency)),
    subtotal: formatMinorUnits(rating.subtotal, rating.currency),
    total: formatMinorUnits(rating.total, rating.currency),
  };
}

/**
 * What a plan would charge for a usage, from the JSON of both. It does not check the plan beyond what rating needs;
 * the rating is the one that invoices use.
 */
export function quote(planJson: unknown, usageJson: unknown): QuoteOutcome {
  const document = parsePlanDocument(planJson);
  if (document.kind === 'refused')
    return refuse(
      'plan',
      document.diagnostics.map(({ message }) => message),
    );
  const hidden = findHiddenKey(usageJson);
  if (hidden !== undefined) return refuse('usage', [`${hidden.join('.')}: "__proto__" cannot be a name`]);
  const given = quoteUsageSchema.safeParse(usageJson);
  if (!given.success) {
    return refuse(
      'usage',
      given.error.issues.map(({ path, message }) => (path.length === 0 ? message : `${path.join('.')}: ${message}`)),
    );
  }
  const overridden = applyOverrides(document.plan, { parameters: given.data.parameters ?? {} });
  if (overridden.kind === 'refused')
    return refuse(
      'usage',
      overridden.diagnostics.map(({ message }) => message),
    );
  const { plan } = overridden;
  const formulas = readFormulas(plan);
  if (formulas.kind === 'refused') {
    return refuse(
      'plan',
      formulas.diagnostics.map(({ line, message }) => (line === null ? message : `line ${line}: ${message}`)),
    );
  }
  const unknown = unknownMetrics(plan, given.data);
  if (unknown.length > 0) return refuse('usage', unknown);
  const usage = ratingUsage(plan, given.data);
  if (usage.activeDays > usage.periodDays) {
    return refuse('usage', [`activeDays: ${usage.activeDays} is more than the ${usage.periodDays} days of the period`]);
  }
  const rating = rate(compilePlan(plan), usage);
  return rating.kind === 'rated' ? { kind: 'quoted', quote: quoteOf(rating) } : refuse('rating', [rating.detail]);
}
