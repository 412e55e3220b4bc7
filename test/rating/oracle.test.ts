import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { Exact } from '../../shared/exact/exact.ts';
import { type CompiledPlan, compilePlan } from '../../shared/plans/compile.ts';
import { parsePlanDocument } from '../../shared/plans/plan-document.ts';
import { rate } from '../../shared/rating/rate.ts';
import { oracleRound, oracleText, SCALE } from './oracle.ts';
import { type OracleCase, randomCase, randomQuantity } from './oracle-cases.ts';
import { Random } from './random.ts';

const PLANS = 10_000;
const USAGES_PER_PLAN = 100;
const MAX_AMOUNT = 2n ** 63n - 1n;

function compiled(plan: unknown): CompiledPlan {
  const document = parsePlanDocument(plan);
  if (document.kind === 'refused') throw new Error(JSON.stringify(document.diagnostics));
  return compilePlan(document.plan);
}

/** What differs between the core and the oracle for one usage; undefined when they agree. */
function difference(
  plan: CompiledPlan,
  oracle: OracleCase,
  quantity: bigint,
  activeDays: number,
  periodDays: number,
): string | undefined {
  const wanted = oracle.amount(quantity, activeDays, periodDays);
  const amount = oracleRound(wanted, oracle.exponent);
  const totals = new Map([['u', Exact.ofScaled(quantity, SCALE)]]);
  const rating = rate(plan, { totals, projects: new Map(), activeDays, periodDays });
  if (rating.kind === 'refused') {
    return rating.reason === 'amount_out_of_range' && amount > MAX_AMOUNT ? undefined : `refused: ${rating.detail}`;
  }
  const [line] = rating.lines;
  if (line === undefined || rating.lines.length !== 1) return `${rating.lines.length} lines`;
  if (line.exact.numerator * wanted.bottom !== wanted.top * line.exact.denominator)
    return `exact ${line.exact}, not ${wanted.top}/${wanted.bottom}`;
  if (line.amount !== amount || rating.total !== amount)
    return `amount ${line.amount}, total ${rating.total}, not ${amount}`;
  const details = line.details.reduce((sum, detail) => sum + detail.amount, 0n);
  return line.details.length > 0 && details !== amount ? `details ${details}, not ${amount}` : undefined;
}

describe('the core against an independent oracle', () => {
  it('agrees on 1,000,000 random cases: exact amount, rounded amount, total and sub-lines', () => {
    const seed = Number(process.env.DAYBOOK_SEED ?? randomInt(2 ** 31));
    const random = new Random(seed);
    let cases = 0;
    let beyondRange = 0;
    for (let planNumber = 0; planNumber < PLANS; planNumber += 1) {
      const oracle = randomCase(random);
      const plan = compiled(oracle.plan);
      for (let usage = 0; usage < USAGES_PER_PLAN; usage += 1) {
        const quantity = randomQuantity(random, oracle.bounds);
        const periodDays = 28 + random.below(4);
        const activeDays = random.below(periodDays + 1);
        const found = difference(plan, oracle, quantity, activeDays, periodDays);
        if (found !== undefined) {
          const replay = `repeat with DAYBOOK_SEED=${seed}`;
          throw new Error(
            `case ${cases} (${replay}): ${found}; u = ${oracleText(quantity)}, ${activeDays}/${periodDays} days, plan ${JSON.stringify(oracle.plan)}`,
          );
        }
        if (oracleRound(oracle.amount(quantity, activeDays, periodDays), oracle.exponent) > MAX_AMOUNT)
          beyondRange += 1;
        cases += 1;
      }
    }
    expect(cases).toBe(1_000_000);
    expect(beyondRange / cases).toBeLessThan(0.2);
  }, 180_000);
});
