import type { CustomerRating } from '../billing/rate-customer.ts';
import { rateFrom, withCorrections } from '../billing/rate-customers.ts';
import type { BillingPeriod } from '../calendar/billing-period.ts';
import type { Reader } from '../database/database.ts';
import { runContractList, termCorrectionListInForce, usageDailySumOfRerating } from '../database/queries.generated.ts';

/** What some customers' figures of a closed period are read from. */
export interface RerateWork {
  readonly runId: string;
  readonly fencingToken: number;
  readonly rerating: number;
  readonly customers: readonly string[];
  readonly period: BillingPeriod;
  readonly from: string;
  readonly to: string;
}

/** Rates customers anew: the checkpoints that the rerating pinned, the contracts as they were, and their corrected terms. */
export async function rerateCustomers(reader: Reader, work: RerateWork): Promise<ReadonlyMap<string, CustomerRating>> {
  const { customers, period, runId: run_id, rerating } = work;
  const pin = { run_id, fencing_token: work.fencingToken };
  const days = { from_day: work.from, to_day: work.to };
  const contracts = await reader.rows(runContractList, { ...pin, customers });
  const corrections = await reader.rows(termCorrectionListInForce, { customers, period });
  const rated = await rateFrom(reader, {
    pin,
    period,
    customers,
    contracts: withCorrections(contracts, corrections),
    usage: await reader.rows(usageDailySumOfRerating, { run_id, rerating, customers, ...days }),
  });
  return new Map(rated.map(({ customerId, rating }) => [customerId, rating]));
}
