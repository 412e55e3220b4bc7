import { describe, expect, it } from 'vitest';
import { minorUnitsToExact, roundToMinorUnits } from '../../../shared/exact/currency.ts';
import { Exact } from '../../../shared/exact/exact.ts';
import { examinePlan, type LineProofs } from '../../../shared/plans/check/examine.ts';
import { lineFindings } from '../../../shared/plans/check/line-findings.ts';
import { isJudgedWithSubtotal } from '../../../shared/plans/check/monotone.ts';
import { type CompiledPlan, compilePlan } from '../../../shared/plans/compile.ts';
import { type EvaluationInputs, EvaluationStop } from '../../../shared/plans/formula/evaluation.ts';
import type { PlanDocument } from '../../../shared/plans/plan-document.ts';
import { readFormulas } from '../../../shared/plans/read-formulas.ts';
import { scaled } from '../../scale.ts';
import { randomPlan } from './random-plan.ts';
import { randomDays, randomQuantity } from './random-usage.ts';
import { SeededRandom } from './seeded-random.ts';

/** `SOUNDNESS_SEED` repeats a run, `SOUNDNESS_PLANS` or a thorough run lengthens it; the seed is part of every failure. */
const SEED = Number(process.env.SOUNDNESS_SEED ?? '20261');
const PLANS = Number(process.env.SOUNDNESS_PLANS ?? scaled(80, 400));
const USAGES = 10_000;
const STEPS = 10;
const MOST_SUBTOTAL = 1_000_000;

interface Examined {
  readonly seed: number;
  readonly plan: PlanDocument;
  readonly compiled: CompiledPlan;
  readonly lines: readonly LineProofs[];
}

function examine(seed: number): Examined {
  const plan = randomPlan(new SeededRandom(seed));
  const reading = readFormulas(plan);
  if (reading.kind === 'refused') throw new Error(`seed ${seed}: ${reading.diagnostics[0]?.message}`);
  return { seed, plan, compiled: compilePlan(plan), lines: examinePlan(plan, reading.formulas) };
}

type Amount = Exact | { readonly stopped: string };

function evaluate(compiled: CompiledPlan, index: number, inputs: EvaluationInputs): Amount {
  const line = compiled.lines[index];
  if (line === undefined) throw new Error(`no line ${index}`);
  try {
    return line.evaluate(inputs);
  } catch (problem) {
    if (problem instanceof EvaluationStop) return { stopped: problem.reason };
    throw problem;
  }
}

/** The sum of the rounded lines above; undefined where rating would refuse one of them. */
function subtotalAbove(compiled: CompiledPlan, index: number, inputs: EvaluationInputs): Exact | undefined {
  let subtotal = Exact.zero;
  for (const [position, line] of compiled.lines.slice(0, index).entries()) {
    const amount = evaluate(compiled, position, { ...inputs, subtotal });
    if (!(amount instanceof Exact) || (amount.sign() < 0 && !line.allowNegative)) return undefined;
    const { currency } = compiled.plan;
    subtotal = subtotal.add(minorUnitsToExact(roundToMinorUnits(amount, currency), currency));
  }
  return subtotal;
}

function shown({ compiled, seed }: Examined, { context }: LineProofs, inputs: EvaluationInputs): string {
  const metrics = compiled.metrics.map((name, slot) => `${name}=${inputs.metrics[slot]}`).join(' ');
  const days = `${inputs.activeDays}/${inputs.periodDays} days, subtotal ${inputs.subtotal}`;
  return `seed ${seed}, line ${context.line.key}: ${context.line.formula} with ${metrics}, ${days}`;
}

/** Stops that the proofs rule out, and negative amounts. */
function breach({ context, stops, nonNegative }: LineProofs, amount: Amount): string | undefined {
  if (amount instanceof Exact) {
    return nonNegative?.kind === 'proved' && amount.sign() < 0
      ? `${context.line.key} is negative: ${amount}`
      : undefined;
  }
  const ofReason = stops.filter(({ place }) => place.reason === amount.stopped);
  const isRuledOut = ofReason.every(({ proof }) => proof.kind === 'proved') && amount.stopped !== 'cost-limit';
  return isRuledOut ? `stopped by ${amount.stopped}` : undefined;
}

/**
 * Raises one metric step by step, ten times, under the same subtotal, and compares each amount with the one before.
 * Returns how many usages it evaluated: none when a line above is refused.
 */
function climb(examined: Examined, proofs: LineProofs, metric: string, random: SeededRandom): number {
  const { compiled } = examined;
  const { index } = proofs.context;
  const slot = compiled.metrics.indexOf(metric);
  const start: EvaluationInputs = {
    metrics: compiled.metrics.map(() => randomQuantity(random)),
    ...randomDays(random),
    subtotal: Exact.zero,
  };
  const subtotal = subtotalAbove(compiled, index, start);
  if (subtotal === undefined) return 0;
  const isRising = proofs.rising.get(metric)?.kind === 'proved';
  const quantities = Array.from({ length: STEPS }, () => randomQuantity(random)).sort((x, y) => x.compare(y));
  let before: Exact | undefined;
  for (const quantity of quantities) {
    const inputs = { ...start, subtotal, metrics: start.metrics.with(slot, quantity) };
    const amount = evaluate(compiled, index, inputs);
    const problem = breach(proofs, amount);
    if (problem !== undefined) throw new Error(`${problem}; ${shown(examined, proofs, inputs)}`);
    if (!(amount instanceof Exact)) continue;
    if (isRising && before !== undefined && amount.compare(before) < 0 && !isTogether(proofs)) {
      throw new Error(`falls with ${metric}, from ${before} to ${amount}; ${shown(examined, proofs, inputs)}`);
    }
    before = amount;
  }
  return STEPS;
}

/** Such a line may fall alone as long as the sum with the lines above does not, which `climbTogether` evaluates. */
function isTogether({ context }: LineProofs): boolean {
  return context.index > 0 && !context.usesSubtotal;
}

function climbTogether(examined: Examined, proofs: LineProofs, metric: string, random: SeededRandom): number {
  const { compiled } = examined;
  const slot = compiled.metrics.indexOf(metric);
  const start = {
    metrics: compiled.metrics.map(() => randomQuantity(random)),
    ...randomDays(random),
    subtotal: Exact.zero,
  };
  const quantities = Array.from({ length: STEPS }, () => randomQuantity(random)).sort((x, y) => x.compare(y));
  let before: { own: Exact; sum: Exact } | undefined;
  for (const quantity of quantities) {
    const inputs = { ...start, metrics: start.metrics.with(slot, quantity) };
    const amounts = compiled.lines
      .slice(0, proofs.context.index + 1)
      .map((_, index) => evaluate(compiled, index, inputs));
    const own = amounts.at(-1);
    if (!amounts.every((amount) => amount instanceof Exact) || !(own instanceof Exact)) continue;
    const sum = amounts.reduce((total, amount) => total.add(amount), Exact.zero);
    if (before !== undefined && own.compare(before.own) < 0 && sum.compare(before.sum) < 0) {
      throw new Error(`falls with ${metric}, alone and together; ${shown(examined, proofs, inputs)}`);
    }
    before = { own, sum };
  }
  return STEPS;
}

/** Raises the subtotal under the same usage; only a line whose every metric is proved rises with it for certain. */
function climbSubtotal(examined: Examined, proofs: LineProofs, random: SeededRandom): number {
  const { context } = proofs;
  const { compiled } = examined;
  const start = { metrics: compiled.metrics.map(() => randomQuantity(random)), ...randomDays(random) };
  const subtotals = Array.from({ length: STEPS }, () => random.below(MOST_SUBTOTAL)).sort((x, y) => x - y);
  let before: Exact | undefined;
  for (const cents of subtotals) {
    const subtotal = Exact.of(BigInt(cents), 100n);
    const amount = evaluate(compiled, context.index, { ...start, subtotal });
    if (!(amount instanceof Exact)) continue;
    const judged = isJudgedWithSubtotal(context) ? amount.add(subtotal) : amount;
    if (before !== undefined && judged.compare(before) < 0) {
      throw new Error(`falls with the subtotal; ${shown(examined, proofs, { ...start, subtotal })}`);
    }
    before = judged;
  }
  return STEPS;
}

function survives(examined: Examined, proofs: LineProofs): void {
  const random = new SeededRandom(examined.seed ^ 0x5bd1e995);
  const { metrics } = examined.compiled;
  repeat((attempt) => climb(examined, proofs, metrics[attempt % metrics.length] ?? 'a', random));
  const rising = [...proofs.rising].filter(([, proof]) => proof.kind === 'proved').map(([metric]) => metric);
  for (const metric of proofs.context.metrics.filter((name) => rising.includes(name))) {
    repeat(() => (isTogether(proofs) ? climbTogether : climb)(examined, proofs, metric, random));
  }
  if (!proofs.context.usesSubtotal || rising.length === 0 || proofs.search.metrics.length !== rising.length) return;
  repeat(() => climbSubtotal(examined, proofs, random));
}

/** Until the usages of one guarantee are evaluated; a line that rating seldom reaches gets four times the attempts. */
function repeat(attempt: (number: number) => number): void {
  let evaluated = 0;
  for (let number = 0; evaluated < USAGES && number < (4 * USAGES) / STEPS; number += 1) evaluated += attempt(number);
}

const counts = { lines: 0, defined: 0, nonNegative: 0, rising: 0, refuted: 0, unknown: 0 };

function count({ stops, nonNegative, rising }: LineProofs): void {
  const proofs = [
    ...stops.map(({ proof }) => proof),
    ...rising.values(),
    ...(nonNegative === undefined ? [] : [nonNegative]),
  ];
  counts.lines += 1;
  counts.defined += stops.filter(({ proof }) => proof.kind === 'proved').length;
  counts.nonNegative += nonNegative?.kind === 'proved' ? 1 : 0;
  counts.rising += [...rising.values()].filter((proof) => proof.kind === 'proved').length;
  counts.refuted += proofs.filter((proof) => proof.kind === 'refuted').length;
  counts.unknown += proofs.filter((proof) => proof.kind === 'unknown').length;
}

/** Evaluates what a finding claims: the stop, the negative amount, or the lower amount of the larger usage. */
function expectReal(examined: Examined, proofs: LineProofs): void {
  const { search, context, stops, nonNegative, rising } = proofs;
  for (const { place, proof } of stops) {
    if (proof.kind === 'refuted')
      expect(search.outcome(proof.evidence)).toMatchObject({ kind: 'stopped', reason: place.reason });
  }
  const at = (usage: Parameters<typeof search.outcome>[0]): { amount: Exact; subtotal: Exact } => {
    const metrics = examined.compiled.metrics.map((name) => usage.metrics.get(name) ?? Exact.zero);
    const start = { ...usage, metrics, subtotal: Exact.zero };
    const subtotal = subtotalAbove(examined.compiled, context.index, start) ?? Exact.zero;
    const amount = evaluate(examined.compiled, context.index, { ...start, subtotal });
    if (!(amount instanceof Exact)) throw new Error(`seed ${examined.seed}: the counterexample has no amount`);
    return { amount, subtotal };
  };
  if (nonNegative?.kind === 'refuted') expect(at(nonNegative.evidence).amount.sign()).toBe(-1);
  for (const [metric, proof] of rising) {
    if (proof.kind !== 'refuted') continue;
    const { low, high } = proof.evidence;
    const [before, after] = [at(low), at(high)];
    const extra = isJudgedWithSubtotal(context) ? after.subtotal.subtract(before.subtotal) : Exact.zero;
    expect(after.amount.add(extra).compare(before.amount)).toBe(-1);
    expect((high.metrics.get(metric) ?? Exact.zero).compare(low.metrics.get(metric) ?? Exact.zero)).toBe(1);
  }
}

const BATCHES = 8;
/** Milliseconds; some seconds on an idle machine. */
const BATCH_TIMEOUT = 240_000;

describe('soundness of the check on random plans', () => {
  for (let batch = 0; batch < BATCHES; batch += 1) {
    it(
      `what is proved survives ${USAGES} random usages per formula, and every counterexample is real (${batch + 1} of ${BATCHES})`,
      () => {
        for (let number = batch; number < PLANS; number += BATCHES) {
          const examined = examine(SEED + number);
          for (const proofs of examined.lines) {
            count(proofs);
            expectReal(examined, proofs);
            survives(examined, proofs);
            const metrics = Object.keys(examined.plan.metrics);
            for (const { counterexample } of lineFindings(examined.plan, proofs)) {
              for (const name of Object.keys(counterexample ?? {}))
                expect([...metrics, 'active_days', 'period_days']).toContain(name);
            }
          }
        }
      },
      BATCH_TIMEOUT,
    );
  }

  it('the plans give it enough to be wrong about', () => {
    expect(counts.lines).toBe(PLANS * 2);
    for (const kind of ['defined', 'nonNegative', 'rising', 'refuted'] as const) {
      expect(counts[kind], JSON.stringify(counts)).toBeGreaterThan(PLANS / 4);
    }
  });
});
