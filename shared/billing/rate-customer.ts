import type { BillingPeriod } from '../calendar/billing-period.ts';
import { type DayRange, rangeContains, type UtcDay } from '../calendar/utc-day.ts';
import type { Digest } from '../canonical/canonical-json.ts';
import { type Currency, type MinorUnits, minorUnits } from '../exact/currency.ts';
import { Exact } from '../exact/exact.ts';
import { NO_OVERRIDES, openRatablePlans, type RatablePlans, type UnratablePlan } from '../rating/ratable-plans.ts';
import { rate } from '../rating/rate.ts';
import type { RatedLine } from '../rating/rating.ts';
import { type RolledUpUsage, rollUp, type UsageQuantity } from '../rating/roll-up.ts';
import { type Segment, segmentsOf } from '../rating/segments.ts';
import { usageDigest } from '../rating/usage-digest.ts';
import { type CarriedAdjustment, carryAdjustments, type DueAdjustment } from './adjustment.ts';

/** A contract's terms as they are in force. Days are half-open; `to` is null while it has no end. */
export interface ContractTerms {
  readonly contractId: string;
  readonly mode: 'legacy' | 'shadow' | 'usage';
  readonly legacyPlanVersion: string | null;
  readonly usagePlanVersion: string | null;
  /** Canonical JSON; it changes the usage plan only, a legacy tier is what it is. */
  readonly overrides: string;
  readonly from: UtcDay;
  readonly to: UtcDay | null;
}

/** Everything that a customer's rating depends on. */
export interface CustomerInputs {
  readonly period: BillingPeriod;
  readonly contracts: readonly ContractTerms[];
  /** Canonical JSON of each plan version that the contracts name. */
  readonly planDocuments: ReadonlyMap<string, string>;
  /** Source units in one billed unit, by metric. */
  readonly divisors: ReadonlyMap<string, Exact>;
  readonly usage: readonly UsageQuantity[];
  /** Days of the period that an off-cycle run bills: their usage is in its lines, not in these. */
  readonly billedOffCycle?: readonly DayRange[];
  /** Corrections of earlier periods that this one's invoice carries; those in another currency are left out. */
  readonly adjustments?: readonly DueAdjustment[];
}

/** One part of the period under one contract, rated under one plan version. */
export interface RatedSegment {
  readonly contractId: string;
  readonly mode: ContractTerms['mode'];
  readonly planVersion: string;
  readonly planDigest: Digest;
  readonly parametersDigest: Digest;
  readonly usageDigest: Digest;
  readonly from: UtcDay;
  readonly to: UtcDay;
  readonly activeDays: number;
  readonly periodDays: number;
  readonly lines: readonly RatedLine[];
}

/** Usage of one metric that is in no billed line of a segment, and why (promise 5). */
export interface Exclusion {
  readonly metric: string;
  readonly rows: number;
  readonly quantity: Exact;
  readonly reason: 'no_contract' | 'metric_not_in_plan' | 'billed_off_cycle';
}

/** A contract in shadow mode whose usage plan could not be rated. */
export interface ShadowRefusal {
  readonly contractId: string;
  readonly reason: string;
  readonly detail: string;
}

export type CustomerRating =
  | {
      readonly kind: 'rated';
      readonly currency: Currency;
      readonly billed: readonly RatedSegment[];
      /** What the usage plan would have billed, for customers in shadow mode. */
      readonly shadow: readonly RatedSegment[];
      /** Why usage plans beside fixed tiers could not be rated. The tiers are billed all the same. */
      readonly shadowRefusals: readonly ShadowRefusal[];
      readonly exclusions: readonly Exclusion[];
      readonly billedOffCycle: readonly DayRange[];
      readonly adjustments: readonly CarriedAdjustment[];
      /** The billed lines and the adjustments. */
      readonly subtotal: MinorUnits;
    }
  /** The customer's invoice waits for a person; the others go on (promise 19). */
  | { readonly kind: 'held'; readonly currency: string; readonly reason: string; readonly detail: string };

type Held = Extract<CustomerRating, { kind: 'held' }>;
type SegmentOutcome =
  | {
      readonly kind: 'rated';
      readonly segment: RatedSegment;
      readonly currency: Currency;
      readonly rolledUp: RolledUpUsage;
    }
  | Held;

/**
 * Rates one customer's period: splits it by contracts, rolls each segment's usage up and rates it by the plan of its
 * mode. Pure: the same inputs give the same rating, in whatever order the rows come (promise 13). Who rates many
 * customers passes `plans`, so that each plan is made ready once; they must be those of the inputs.
 */
export function rateCustomer(
  inputs: CustomerInputs,
  plans: RatablePlans = openRatablePlans(inputs.planDocuments, inputs.divisors),
): CustomerRating {
  const split = segmentsOf(inputs.contracts, inputs.period);
  if (split.kind === 'refused') return held('usd', split.reason, split.detail);
  const billed: RatedSegment[] = [];
  const shadow: RatedSegment[] = [];
  const shadowRefusals: ShadowRefusal[] = [];
  const exclusions: Exclusion[] = excludedOutside(inputs, split.segments);
  let currency: Currency | undefined;
  for (const segment of split.segments) {
    const main = rateSegment(plans, inputs, segment, segment.contract.mode === 'usage' ? 'usage' : 'legacy');
    if (main.kind === 'held') return main;
    if (currency !== undefined && currency !== main.currency) {
      return held(
        currency,
        'mixed_currencies',
        `contract ${segment.contract.contractId} bills in ${main.currency} and an earlier one of the period in ${currency}; end one at the period's end`,
      );
    }
    currency = main.currency;
    billed.push(main.segment);
    exclusions.push(...excludedMetrics(main.rolledUp));
    if (segment.contract.mode === 'shadow') {
      const beside = rateSegment(plans, inputs, segment, 'usage');
      if (beside.kind === 'rated') shadow.push(beside.segment);
      else
        shadowRefusals.push({ contractId: segment.contract.contractId, reason: beside.reason, detail: beside.detail });
    }
  }
  if (currency === undefined) return held('usd', 'no_contract', 'no contract covers any day of the period');
  const subtotal = minorUnits(billed.flatMap((segment) => segment.lines).reduce((sum, line) => sum + line.amount, 0n));
  const { billedOffCycle = [] } = inputs;
  const own = { currency, billed, shadow, shadowRefusals, exclusions, billedOffCycle, adjustments: [], subtotal };
  return withAdjustments({ kind: 'rated', ...own }, inputs.adjustments ?? []);
}

/** A rating whose invoice carries adjustments too; those in another currency are left out. A held one carries none. */
export function withAdjustments(rating: CustomerRating, due: readonly DueAdjustment[]): CustomerRating {
  if (rating.kind === 'held') return rating;
  const fitting = due.filter((adjustment) => adjustment.currency === rating.currency);
  const { carried, subtotal } = carryAdjustments(rating.subtotal, fitting);
  return { ...rating, adjustments: carried, subtotal };
}

function held(currency: string, reason: string, detail: string): Held {
  return { kind: 'held', currency, reason, detail };
}

function rateSegment(
  plans: RatablePlans,
  inputs: CustomerInputs,
  segment: Segment<ContractTerms>,
  plan: 'legacy' | 'usage',
): SegmentOutcome {
  const { contract } = segment;
  const planVersion = plan === 'legacy' ? contract.legacyPlanVersion : contract.usagePlanVersion;
  // A legacy tier is what it is: overrides change the usage plan only.
  const overrides = plan === 'legacy' ? NO_OVERRIDES : contract.overrides;
  const ratable = planVersion === null ? undefined : plans.find(planVersion, overrides);
  if (planVersion === null || ratable === undefined)
    return held('usd', 'no_plan', `contract ${contract.contractId} has no ${plan} plan`);
  if (ratable.kind === 'refused') return heldByPlan(ratable, contract, planVersion);
  const { compiled, metrics } = ratable;
  const rolledUp = rollUp(inputs.usage, metrics, segment);
  const usage = {
    totals: rolledUp.totals,
    projects: rolledUp.projects,
    activeDays: segment.activeDays,
    periodDays: segment.periodDays,
  };
  const rating = rate(compiled, usage);
  if (rating.kind === 'refused')
    return held(compiled.plan.currency, rating.reason, `contract ${contract.contractId}, ${rating.detail}`);
  return {
    kind: 'rated',
    currency: rating.currency,
    rolledUp,
    segment: {
      contractId: contract.contractId,
      mode: contract.mode,
      planVersion,
      planDigest: rating.planDigest,
      parametersDigest: rating.parametersDigest,
      usageDigest: usageDigest(usage),
      from: segment.from,
      to: segment.to,
      activeDays: segment.activeDays,
      periodDays: segment.periodDays,
      lines: rating.lines,
    },
  };
}

function heldByPlan(plan: UnratablePlan, contract: ContractTerms, planVersion: string): Held {
  const [problem] = plan.problems;
  const currency = plan.currency ?? 'usd';
  switch (plan.reason) {
    case 'unreadable_plan':
      return held(currency, plan.reason, `plan version ${planVersion}: ${problem}`);
    case 'overrides_do_not_fit':
    case 'unreadable_formula':
      return held(currency, plan.reason, `contract ${contract.contractId}: ${problem}`);
    case 'unknown_metric':
      return held(currency, plan.reason, problem);
    default:
      return plan.reason satisfies never;
  }
}

function excludedOutside(inputs: CustomerInputs, segments: readonly Segment<ContractTerms>[]): Exclusion[] {
  const outside = inputs.usage.filter((row) => !segments.some((segment) => rangeContains(segment, row.day)));
  const elsewhere = (row: UsageQuantity) => (inputs.billedOffCycle ?? []).some((days) => rangeContains(days, row.day));
  return [
    ...byMetric(outside.filter(elsewhere), 'billed_off_cycle'),
    ...byMetric(
      outside.filter((row) => !elsewhere(row)),
      'no_contract',
    ),
  ];
}

function excludedMetrics(rolledUp: RolledUpUsage): Exclusion[] {
  const rows = rolledUp.excluded
    .filter((excluded) => excluded.reason === 'metric_not_in_plan')
    .map((excluded) => excluded.row);
  return byMetric(rows, 'metric_not_in_plan');
}

function byMetric(rows: readonly UsageQuantity[], reason: Exclusion['reason']): Exclusion[] {
  return [...Map.groupBy(rows, (row) => row.metric)]
    .map(([metric, group]) => ({
      metric,
      rows: group.reduce((sum, row) => sum + (row.rows ?? 1), 0),
      quantity: group.reduce((sum, row) => sum.add(row.quantity), Exact.zero),
      reason,
    }))
    .sort((a, b) => (a.metric < b.metric ? -1 : 1));
}
