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

/**
 * Rates some customers of a run from what it pinned, checkpoints, contracts and divisors: one statement for each kind of
 * input, whatever their number, and each plan compiled once. Regions are added up by PostgreSQL, whose numeric sums are
 * exact. Whatever has changed since, the same pins give the same ratings: a replay is this, again (promise 13).
 */
export async function rateCustomers(
  reader: Reader,
  run: PinnedRun,
  customers: readonly string[],
): Promise<readonly RatedCustomer[]> {
  const pin = { run_id: run.runId, fencing_token: run.fencingToken };
  const contracts = await reader.rows(runContractList, { ...pin, customers });
  const versions = [...new Set(contracts.flatMap((row) => [row.legacy_plan_version, row.usage_plan_version]))].filter(
    (version) => version !== null,
  );
  const documents = await reader.rows(planVersionListDocuments, { plan_versions: versions });
  const metrics = await reader.rows(runMetricList, pin);
  const usage = await reader.rows(usageDailySumPinned, {
    ...pin,
    customers,
    from_day: run.from,
    to_day: run.to,
  });
  const planDocuments = new Map(documents.map((row) => [row.plan_version, row.document]));
  const divisors = new Map(metrics.map((row) => [row.metric, Exact.parse(row.divisor)]));
  const plans = openRatablePlans(planDocuments, divisors);
  const contractsOf = Map.groupBy(contracts, (row) => row.customer_id);
  const usageOf = Map.groupBy(usage, (row) => row.customer_id);
  const offCycle = Map.groupBy(await reader.rows(runOffCycleList, pin), (row) => row.customer_id);
  return customers.map((customerId) => {
    const inputs = {
      period: run.period,
      contracts: (contractsOf.get(customerId) ?? []).map(toTerms),
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

function toTerms(row: {
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
