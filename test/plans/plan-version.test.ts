import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../shared/canonical/canonical-json.ts';
import { decimal } from '../../shared/exact/decimal.ts';
import { compilePlan, planVersionDigest } from '../../shared/plans/compile.ts';
import { applyOverrides } from '../../shared/plans/contract.ts';
import { type PlanDocument, parsePlanDocument } from '../../shared/plans/plan-document.ts';
import { examplePlan } from './example-plan.ts';

function parsed(document: unknown): PlanDocument {
  const reading = parsePlanDocument(document);
  if (reading.kind === 'refused') throw new Error(JSON.stringify(reading.diagnostics));
  return reading.plan;
}

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .reverse()
      .map(([key, member]) => [key, shuffled(member)]),
  );
}

describe('the plan version', () => {
  it('promise 13: is the same bytes and the same digest as in every release before (golden)', async () => {
    const plan = parsed(examplePlan());
    const { planDigest, parametersDigest, lines } = compilePlan(plan);
    const golden = {
      canonical: canonicalJson(plan),
      planDigest,
      parametersDigest,
      formulaDigests: Object.fromEntries(lines.map((line) => [line.key, line.formulaDigest])),
    };
    await expect(`${JSON.stringify(golden, null, 2)}\n`).toMatchFileSnapshot('plan-version.golden.json');
  });

  it('promise 13: does not depend on the order of keys or on how a decimal is written', () => {
    const other = examplePlan();
    other.parameters.price_per_gb.value = '0.1300';
    other.rates.request_rate.tiers[0] = { upTo: '1e6', unitPrice: '0.0' };
    expect(planVersionDigest(parsed(shuffled(other)))).toBe(planVersionDigest(parsed(examplePlan())));
  });

  it.each<[string, (plan: ReturnType<typeof examplePlan>) => void]>([
    [
      'a price',
      (plan) => {
        plan.parameters.price_per_gb.value = '0.130000000000000000001';
      },
    ],
    [
      'a tier bound',
      (plan) => {
        plan.rates.request_rate.tiers[0] = { upTo: '1000001', unitPrice: '0' };
      },
    ],
    [
      'a label',
      (plan) => {
        plan.title = 'Enterprise usage ';
      },
    ],
    [
      'flatAtZero',
      (plan) => {
        plan.rates.request_rate.flatAtZero = true;
      },
    ],
    [
      'the order of lines',
      (plan) => {
        plan.lines.reverse();
      },
    ],
    [
      'white space in a formula',
      (plan) => {
        plan.lines[0] = { key: 'platform', label: 'Platform fee', formula: 'platform_fee*active_days/period_days' };
      },
    ],
  ])('promise 6: changes with %s', (_name, change) => {
    const plan = examplePlan();
    change(plan);
    expect(planVersionDigest(parsed(plan))).not.toBe(planVersionDigest(parsed(examplePlan())));
  });
});

describe('applyOverrides', () => {
  it('gives an ordinary plan with other values, the same units, and its own digest', () => {
    const plan = parsed(examplePlan());
    const rates = {
      request_rate: { per: 'request', flatAtZero: false, tiers: [{ upTo: null, unitPrice: decimal('0.0000015') }] },
    };
    const outcome = applyOverrides(plan, { parameters: { price_per_gb: decimal('0.1') }, rates });
    expect(outcome.kind).toBe('applied');
    if (outcome.kind === 'refused') return;
    expect(outcome.plan.parameters).toEqual({ ...plan.parameters, price_per_gb: { value: '0.1', unit: 'usd/GB' } });
    expect(outcome.plan.rates).toEqual(rates);
    expect(parsePlanDocument(outcome.plan)).toEqual({ kind: 'parsed', plan: outcome.plan });
    expect(planVersionDigest(outcome.plan)).not.toBe(planVersionDigest(plan));
    expect(compilePlan(outcome.plan).parametersDigest).not.toBe(compilePlan(plan).parametersDigest);
  });

  it('without overrides leaves the version as it is', () => {
    const plan = parsed(examplePlan());
    const outcome = applyOverrides(plan, {});
    expect(outcome.kind === 'applied' && planVersionDigest(outcome.plan)).toBe(planVersionDigest(plan));
  });

  it('refuses names that the plan does not have', () => {
    const outcome = applyOverrides(parsed(examplePlan()), {
      parameters: { price: decimal('1'), toString: decimal('1') },
    });
    expect(outcome).toMatchObject({
      kind: 'refused',
      diagnostics: [
        {
          message:
            'parameters.price cannot be overridden: plan enterprise-usage does not have it; correct the name or remove it',
        },
        {
          message:
            'parameters.toString cannot be overridden: plan enterprise-usage does not have it; correct the name or remove it',
        },
      ],
    });
  });
});
