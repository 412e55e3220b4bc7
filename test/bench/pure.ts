import { canonicalJson, digest } from '../../shared/canonical/canonical-json.ts';
import { checkPlan } from '../../shared/plans/check/check.ts';
import { compilePlan } from '../../shared/plans/compile.ts';
import { parsePlanDocument } from '../../shared/plans/plan-document.ts';
import { rate } from '../../shared/rating/rate.ts';
import { type Benchmark, type Comparison, compareByTurns } from './measure.ts';
import { floatUsage, PLAN_TEXT, rateWithFloats, typicalPlan, typicalUsage } from './typical-plan.ts';

/** Exact rating against the same plan in floating point. */
export const RATING: Benchmark = {
  name: 'rating',
  run: async () => {
    const [plan, usage, floats] = [compilePlan(typicalPlan()), typicalUsage(), floatUsage()];
    const rated = rate(plan, usage);
    const { totalCents } = rateWithFloats(floats);
    if (rated.kind === 'refused') throw new Error(rated.detail);
    const [exact, naive] = compareByTurns(
      () => rate(plan, usage),
      () => rateWithFloats(floats),
    );
    return [
      {
        name: 'rating',
        measured: { what: 'a typical plan, exact, with its explanation', milliseconds: exact },
        reference: { what: 'the same plan in floating point', milliseconds: naive },
        notes: [
          `${rated.lines.length} lines, total ${rated.total}; in floating point ${totalCents}`,
          `${Math.round(1_000 / exact)} customers a second on one core`,
        ],
      },
    ];
  },
};

/** What it takes to accept a plan, against parsing its JSON alone. */
export const PLANS: Benchmark = {
  name: 'plans',
  run: async () => {
    const plan = typicalPlan();
    const json = () => JSON.parse(PLAN_TEXT) as unknown;
    const against = (what: string, work: () => unknown): Comparison => {
      const [measured, reference] = compareByTurns(work, json);
      return {
        name: 'plans',
        measured: { what, milliseconds: measured },
        reference: { what: 'JSON.parse of the plan', milliseconds: reference },
        notes: [],
      };
    };
    return [
      against('parse a plan', () => parsePlanDocument(json())),
      against('compile it', () => compilePlan(plan)),
      against('check it: units, signs, cliffs, cost', () => checkPlan(plan)),
    ];
  },
};

const LINES = 60;

/** An invoice's document of some tens of lines. */
function document(): object {
  const lines = Array.from({ length: LINES }, (_, index) => ({
    key: `memory:project-${index}`,
    label: 'Memory',
    project: `project-${index}`,
    segment: 0,
    quantity: '43200.000025',
    exact: '928.8000005375',
    amount: '92880',
    formula: { text: 'memory_gb_hours * price_per_gb_hour', digest: `sha256:${'ab'.repeat(32)}` },
    inputs: { memory_gb_hours: '43200.000025', price_per_gb_hour: '0.0215' },
  }));
  return {
    invoice: '2026-10/acme/usage',
    customer: 'acme',
    period: '2026-10',
    currency: 'usd',
    lines,
    total: '5572800',
  };
}

/** Canonical JSON with its digest, against plain JSON. */
export const CANONICAL: Benchmark = {
  name: 'canonical',
  run: async () => {
    const value = document();
    const text = canonicalJson(value);
    const [canonical, plain] = compareByTurns(
      () => canonicalJson(value),
      () => JSON.stringify(value),
    );
    const [hashed, again] = compareByTurns(
      () => digest(canonicalJson(value)),
      () => JSON.stringify(value),
    );
    const notes = [`an invoice of ${LINES} lines, ${text.length} characters`];
    const reference = (milliseconds: number) => ({ what: 'JSON.stringify', milliseconds });
    return [
      {
        name: 'canonical',
        measured: { what: 'canonical JSON', milliseconds: canonical },
        reference: reference(plain),
        notes,
      },
      {
        name: 'canonical',
        measured: { what: 'canonical JSON and SHA-256', milliseconds: hashed },
        reference: reference(again),
        notes: [],
      },
    ];
  },
};
