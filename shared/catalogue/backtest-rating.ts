import { type BillingPeriod, periodDays } from '../calendar/billing-period.ts';
import type { MinorUnits } from '../exact/currency.ts';
import type { Ratable } from '../rating/ratable-plans.ts';
import { rate } from '../rating/rate.ts';
import { type MetricRollup, type RolledUpUsage, rollUp, type UsageQuantity } from '../rating/roll-up.ts';
import { type ContractTerm, type Segment, segmentsOf } from '../rating/segments.ts';
import { type BacktestLine, type BacktestRefusal, type BacktestRow, largestFirst } from './backtest.ts';

/** The days that one contract would bill, under what was in force and under the new version with its overrides. */
export interface Comparison extends ContractTerm {
  readonly oldPlanVersion: string | null;
  readonly old: Ratable | null;
  readonly new: Ratable;
}

interface Side {
  total: bigint;
  readonly lines: Map<string, { readonly label: string; amount: bigint }>;
  refusal: BacktestRefusal | null;
}

/** Rates a customer's month twice, by the same core as invoices. Undefined when no contract has days in it. */
export function compareMonth(
  customer: string,
  period: BillingPeriod,
  comparisons: readonly Comparison[],
  usage: readonly UsageQuantity[],
): BacktestRow | undefined {
  const split = segmentsOf(comparisons, period);
  if (split.kind === 'refused')
    throw new Error(`customer ${customer}: ${split.detail}; the database does not allow that`);
  if (split.segments.length === 0) return undefined;
  const before = emptySide();
  const after = emptySide();
  let compared = true;
  for (const segment of split.segments) {
    const figures = figuresOf(segment, usage);
    const { old, new: next } = segment.contract;
    const comparable = old !== null && sameCurrency(old, next);
    compared &&= comparable;
    if (comparable) rateSegment(before, 'old', old, segment, figures);
    rateSegment(after, 'new', next, segment, figures);
  }
  const refusals = [before.refusal, after.refusal].filter((refusal) => refusal !== null);
  const oldAmount = !compared || before.refusal !== null ? null : before.total;
  const newAmount = after.refusal !== null ? null : after.total;
  return {
    customer,
    period,
    oldPlanVersions: [...new Set(split.segments.flatMap(({ contract }) => contract.oldPlanVersion ?? []))],
    old: oldAmount?.toString() ?? null,
    new: newAmount?.toString() ?? null,
    change: ((newAmount ?? 0n) - (oldAmount ?? 0n)).toString(),
    lines: refusals.length > 0 ? [] : differences(before, after),
    refusals,
  };
}

/** A month without a contract counts as one that the new version bills whole. */
export function withoutContract(period: BillingPeriod, next: Ratable): Comparison {
  return { ...periodDays(period), oldPlanVersion: null, old: null, new: next };
}

function emptySide(): Side {
  return { total: 0n, lines: new Map(), refusal: null };
}

/** An amount in another currency cannot be compared; what cannot be rated has no currency to differ. */
function sameCurrency(a: Ratable, b: Ratable): boolean {
  return a.kind === 'refused' || b.kind === 'refused' || a.compiled.plan.currency === b.compiled.plan.currency;
}

type Figures = (metrics: ReadonlyMap<string, MetricRollup>) => RolledUpUsage;

/** Rolls a segment's usage up, once for plans that share their metrics. */
function figuresOf(segment: Segment<Comparison>, usage: readonly UsageQuantity[]): Figures {
  const known = new Map<ReadonlyMap<string, MetricRollup>, RolledUpUsage>();
  return (metrics) => {
    const figures = known.get(metrics) ?? rollUp(usage, metrics, segment);
    known.set(metrics, figures);
    return figures;
  };
}

function rateSegment(
  side: Side,
  name: BacktestRefusal['side'],
  plan: Ratable,
  segment: Segment<Comparison>,
  figures: Figures,
): void {
  if (plan.kind === 'refused') {
    side.refusal ??= { side: name, reason: plan.reason, detail: plan.problems.join('; ') };
    return;
  }
  const rolledUp = figures(plan.metrics);
  const rating = rate(plan.compiled, {
    totals: rolledUp.totals,
    projects: rolledUp.projects,
    activeDays: segment.activeDays,
    periodDays: segment.periodDays,
  });
  if (rating.kind === 'refused') {
    side.refusal ??= { side: name, reason: rating.reason, detail: rating.detail };
    return;
  }
  for (const line of rating.lines) add(side, line.key, line.label, line.amount);
}

function add(side: Side, key: string, label: string, amount: MinorUnits): void {
  side.total += amount;
  const before = side.lines.get(key);
  if (before === undefined) side.lines.set(key, { label, amount });
  else before.amount += amount;
}

function differences(before: Side, after: Side): BacktestLine[] {
  return [...new Set([...before.lines.keys(), ...after.lines.keys()])]
    .map((key) => {
      const [old, next] = [before.lines.get(key), after.lines.get(key)];
      return {
        key,
        label: next?.label ?? old?.label ?? key,
        old: old?.amount.toString() ?? null,
        new: next?.amount.toString() ?? null,
        change: ((next?.amount ?? 0n) - (old?.amount ?? 0n)).toString(),
      };
    })
    .filter((line) => line.change !== '0')
    .sort(largestFirst);
}
