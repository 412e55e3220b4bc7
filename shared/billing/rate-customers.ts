import type { BillingPeriod } from '../calendar/billing-period.ts';
import type { UtcDay } from '../calendar/utc-day.ts';
import type { Reader } from '../database/database.ts';
import {
  planVersionListDocuments,
  runContractList,
  runMetricList,
  runOffCycleList,
  usageDailySumPinned,
} from '../database/queries.generated.ts';
import { Exact } from '../exact/exact.ts';
import { openRatablePlans } from '../rating/ratable-plans.ts';
import type { PinnedRun } from './pinned-run.ts';
import { type ContractTerms, type CustomerRating, rateCustomer } from './rate-customer.ts';

/** A customer with what its period comes to. */
export interface RatedCustomer {
  readonly customerId: string;
  readonly rating: CustomerRating;
}

/** Terms that take the place of a contract's in a closed period; null: as the contract says. */
export interface CorrectedTerms {
  readonly contract_id: string;
  readonly legacy_plan_version: string | null;
  readonly usage_plan_version: string | null;
  /** In place of the contract's overrides, not beside them. */
  readonly overrides: string;
}

/**
 * Rates some customers of a run from what it pinned, checkpoints, contracts and divisors: one statement for each kind of
 * input, whatever their number, and each plan compiled once. Regions are added up by PostgreSQL, whose numeric sums are
 * exact. Whatever has changed since, the same pins give the same ratings: a replay is this, again (promise 13).
 * `corrections` are the corrected terms that an invoice was rated by after its run was signed off.
 */
export async function rateCustomers(
  reader: Reader,
  run: PinnedRun,
  customers: readonly string[],
  corrections: readonly CorrectedTerms[] = [],
): Promise<readonly RatedCustomer[]> {
  const pin = { run_id: run.runId, fencing_token: run.fencingToken };
  const contracts = await reader.rows(runContractList, { ...pin, customers });
  const usage = await reader.rows(usageDailySumPinned, {
    ...pin,
    customers,
    from_day: run.from,
    to_day: run.to,
  });
  return rateFrom(reader, {
    pin,
    period: run.period,
    customers,
    contracts: withCorrections(contracts, corrections),
    usage,
  });
}

/** What some customers of a run are rated from: their contracts, and rows of usage with the regions added up. */
export interface RatingBasis {
  /** The run and the token whose divisors and off-cycle days count. */
  readonly pin: { readonly run_id: string; readonly fencing_token: number };
  readonly period: BillingPeriod;
  readonly customers: readonly string[];
  readonly contracts: readonly { readonly customerId: string; readonly terms: ContractTerms }[];
  readonly usage: readonly NonNullable<(typeof usageDailySumPinned)['row']>[];
}

/** Rates customers from what was read of them, with what the run pinned. */
export async function rateFrom(reader: Reader, { pin, ...basis }: RatingBasis): Promise<readonly RatedCustomer[]> {
  const metrics = await reader.rows(runMetricList, pin);
  const offCycle = await reader.rows(runOffCycleList, pin);
  return rateUsage(reader, { ...basis, metrics, offCycle });
}

/** As {@link RatingBasis}, with the divisors and off-cycle days themselves: for a period that no run has pinned yet. */
export interface UsageBasis extends Omit<RatingBasis, 'pin'> {
  readonly metrics: readonly NonNullable<(typeof runMetricList)['row']>[];
  readonly offCycle: readonly NonNullable<(typeof runOffCycleList)['row']>[];
}

/** Rates customers from what was read of them; each plan is compiled once. */
export async function rateUsage(reader: Reader, basis: UsageBasis): Promise<readonly RatedCustomer[]> {
  const versions = basis.contracts
    .flatMap(({ terms }) => [terms.legacyPlanVersion, terms.usagePlanVersion])
    .filter((version) => version !== null);
  const documents = await reader.rows(planVersionListDocuments, { plan_versions: [...new Set(versions)] });
  const planDocuments = new Map(documents.map((row) => [row.plan_version, row.document]));
  const divisors = new Map(basis.metrics.map((row) => [row.metric, Exact.parse(row.divisor)]));
  const plans = openRatablePlans(planDocuments, divisors);
  const contractsOf = Map.groupBy(basis.contracts, ({ customerId }) => customerId);
  const usageOf = Map.groupBy(basis.usage, (row) => row.customer_id);
  const offCycle = Map.groupBy(basis.offCycle, (row) => row.customer_id);
  return basis.customers.map((customerId) => {
    const inputs = {
      period: basis.period,
      contracts: (contractsOf.get(customerId) ?? []).map(({ terms }) => terms),
      planDocuments,
      divisors,
      usage: (usageOf.get(customerId) ?? []).map((row) => ({
        day: row.day as UtcDay,
        project: row.project_id,
        region: ALL_REGIONS,
        metric: row.metric,
        quantity: Exact.parse(row.quantity),
        rows: row.rows,
      })),
      billedOffCycle: (offCycle.get(customerId) ?? []).map((row) => ({
        from: row.from_day as UtcDay,
        to: row.to_day as UtcDay,
      })),
    };
    return { customerId, rating: rateCustomer(inputs, plans) };
  });
}

/** Rating does not look at the region; it is named where a row is one region's. */
const ALL_REGIONS = '';

/** The contracts that a run pinned, each with its corrected terms when it has some. */
export function withCorrections(
  contracts: readonly (Parameters<typeof toTerms>[0] & { readonly customer_id: string })[],
  corrections: readonly CorrectedTerms[],
): RatingBasis['contracts'] {
  const correctionOf = new Map(corrections.map((row) => [row.contract_id, row]));
  return contracts.map((row) => {
    const correction = correctionOf.get(row.contract_id);
    const terms = toTerms(row);
    if (correction === undefined) return { customerId: row.customer_id, terms };
    const corrected = {
      ...terms,
      legacyPlanVersion: correction.legacy_plan_version ?? terms.legacyPlanVersion,
      usagePlanVersion: correction.usage_plan_version ?? terms.usagePlanVersion,
      overrides: correction.overrides,
    };
    return { customerId: row.customer_id, terms: corrected };
  });
}

/** A contract's terms as rating takes them. */
export function toTerms(row: {
  readonly contract_id: string;
  readonly mode: ContractTerms['mode'];
  readonly legacy_plan_version: string | null;
  readonly usage_plan_version: string | null;
  readonly overrides: string;
  readonly starts_on: string;
  readonly ends_on: string | null;
}): ContractTerms {
  return {
    contractId: row.contract_id,
    mode: row.mode,
    legacyPlanVersion: row.legacy_plan_version,
    usagePlanVersion: row.usage_plan_version,
    overrides: row.overrides,
    from: row.starts_on as UtcDay,
    to: row.ends_on as UtcDay | null,
  };
}
