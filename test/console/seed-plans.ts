import { canonicalJson } from '../../shared/canonical/canonical-json.ts';
import { planVersionDigest } from '../../shared/plans/compile.ts';
import { type PlanDocument, parsePlanDocument } from '../../shared/plans/plan-document.ts';
import { examplePlan } from '../plans/example-plan.ts';

export interface SeedPlan {
  readonly plan: PlanDocument;
  readonly version: string;
  readonly document: string;
}

function seedPlan(document: unknown): SeedPlan {
  const reading = parsePlanDocument(document);
  if (reading.kind === 'refused') throw new Error(reading.diagnostics.map((found) => found.message).join('; '));
  return { plan: reading.plan, version: planVersionDigest(reading.plan), document: canonicalJson(reading.plan) };
}

/** The plans of the seeded month. `label` stands on a line of the enterprise plan. */
export function seedPlans(label: string) {
  const enterprise = examplePlan();
  const [platform, ...others] = enterprise.lines;
  const projects = {
    key: 'projects',
    label: 'Peak load',
    formula: 'peak_rps * peak_price',
    quantity: 'peak_rps',
    per: 'project',
  };
  const parameters = { ...enterprise.parameters, peak_price: { value: '0.37', unit: 'usd*s/request' } };
  return {
    enterprise: seedPlan({
      ...enterprise,
      parameters,
      lines: [{ ...platform, label }, ...others.slice(0, -1), projects, ...others.slice(-1)],
    }),
    payAsYouGo: seedPlan({
      plan: 'pay-as-you-go',
      title: 'Pay as you go',
      currency: 'usd',
      metrics: { requests: { unit: 'request', rollup: 'sum' } },
      parameters: { price_per_request: { value: '0.0000031', unit: 'usd/request' } },
      lines: [
        { key: 'requests', label: 'API requests', quantity: 'requests', formula: 'requests * price_per_request' },
      ],
    }),
    fixedTier: seedPlan({
      plan: 'team-tier',
      title: 'Team (fixed tier)',
      currency: 'usd',
      parameters: { monthly_fee: { value: '499', unit: 'usd' } },
      lines: [{ key: 'tier', label: 'Team tier', formula: 'monthly_fee' }],
    }),
    unmeasured: seedPlan({
      plan: 'gpu-preview',
      title: 'GPU preview',
      currency: 'usd',
      metrics: { gpu_hours: { unit: 'GPU*h', rollup: 'sum' } },
      parameters: { price: { value: '2.4', unit: 'usd/GPU/h' } },
      lines: [{ key: 'gpu', label: 'GPU hours', quantity: 'gpu_hours', formula: 'gpu_hours * price' }],
    }),
  };
}
