import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Exact } from '../../shared/exact/exact.ts';
import { type PlanDocument, parsePlanDocument } from '../../shared/plans/plan-document.ts';
import type { RatingUsage } from '../../shared/rating/rating.ts';

/** A typical plan: a fee, graduated requests, an allowance with overage, and memory by project. */
export const PLAN_TEXT = readFileSync(
  join(import.meta.dirname, '..', 'local-cloud', 'demo', 'plans', 'enterprise-graduated.json'),
  'utf8',
);

export function typicalPlan(): PlanDocument {
  const reading = parsePlanDocument(JSON.parse(PLAN_TEXT));
  if (reading.kind === 'refused') throw new Error(`the typical plan is refused: ${reading.diagnostics[0]?.message}`);
  return reading.plan;
}

/** What a customer with three projects used in a month, as text. */
const TOTALS = { requests: '23456789', data_gb: '3141.592653', memory_gb_hours: '86400.000125' };
const MEMORY_OF_PROJECTS = { alpha: '43200.000025', beta: '28800.00005', gamma: '14400.00005' };

export function typicalUsage(): RatingUsage {
  const exact = (values: Readonly<Record<string, string>>) =>
    new Map(Object.entries(values).map(([metric, value]) => [metric, Exact.parse(value)]));
  const projects = Object.entries(MEMORY_OF_PROJECTS).map(
    ([project, memory]) => [project, exact({ requests: '0', data_gb: '0', memory_gb_hours: memory })] as const,
  );
  return { totals: exact(TOTALS), projects: new Map(projects), activeDays: 21, periodDays: 31 };
}

interface FloatUsage {
  readonly totals: { readonly requests: number; readonly dataGb: number };
  readonly memoryOfProjects: readonly { readonly project: string; readonly memory: number }[];
  readonly activeDays: number;
  readonly periodDays: number;
}

export function floatUsage(): FloatUsage {
  return {
    totals: { requests: Number(TOTALS.requests), dataGb: Number(TOTALS.data_gb) },
    memoryOfProjects: Object.entries(MEMORY_OF_PROJECTS).map(([project, memory]) => ({
      project,
      memory: Number(memory),
    })),
    activeDays: 21,
    periodDays: 31,
  };
}

const TIERS = [
  { upTo: 1_000_000, unitPrice: 0, flat: 0 },
  { upTo: 20_000_000, unitPrice: 0.00009, flat: 250 },
  { upTo: Number.POSITIVE_INFINITY, unitPrice: 0.00006, flat: 0 },
];

/** The same plan as somebody in a hurry would write it: doubles, prices in the code, no explanation. */
export function rateWithFloats(usage: FloatUsage): { readonly lines: readonly object[]; readonly totalCents: number } {
  const lines: { key: string; cents: number }[] = [];
  const add = (key: string, amount: number) => lines.push({ key, cents: Math.round(amount * 100) });
  add('platform', (1500 * usage.activeDays) / usage.periodDays);
  let requests = 0;
  let lower = 0;
  for (const tier of TIERS) {
    if (usage.totals.requests > lower) {
      requests += (Math.min(usage.totals.requests, tier.upTo) - lower) * tier.unitPrice + tier.flat;
    }
    lower = tier.upTo;
  }
  add('requests', requests);
  add('data_overage', Math.max(0, usage.totals.dataGb - 2500) * 0.13);
  for (const { project, memory } of usage.memoryOfProjects) add(`memory:${project}`, memory * 0.0215);
  return { lines, totalCents: lines.reduce((sum, { cents }) => sum + cents, 0) };
}
