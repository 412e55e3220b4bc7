import type { BillingPeriod } from '../calendar/billing-period.ts';
import type { UtcDay } from '../calendar/utc-day.ts';
import { canonicalJson, digest } from '../canonical/canonical-json.ts';
import type { Transaction } from '../database/database.ts';
import {
  billingRunAdvance,
  billingRunLock,
  billingRunSetTotals,
  chargeInsert,
  contractListOfCustomers,
  invoiceCountOfObligation,
  invoiceInsert,
  invoiceListOfRun,
  metricList,
  planVersionListDocuments,
  runShardCountWaiting,
  runShardEnd,
  runShardLock,
  usageDailyListPinned,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { Unprocessable } from '../events/receive.ts';
import { Exact } from '../exact/exact.ts';
import { raiseException } from '../exceptions/exceptions.ts';
import { chargeLines, detailsJson, inputsJson, invoiceDocument } from './invoice-document.ts';
import { type ContractTerms, type CustomerRating, type RatedSegment, rateCustomer } from './rate-customer.ts';
import { runTotals } from './run-totals.ts';

/** The series of the monthly invoice; adjustments and off-cycle runs have others. */
export const MAIN_SERIES = 'usage';

/** One shard of a pinned run. A token that is no longer the run's means that its inputs have changed since. */
export interface ShardKey {
  readonly runId: string;
  readonly fencingToken: number;
  readonly shard: number;
}

export type ShardOutcome =
  | { readonly kind: 'rated'; readonly invoices: number; readonly held: number }
  | { readonly kind: 'stale' }
  | { readonly kind: 'already_rated' };

/**
 * Rates the customers of one shard and keeps their charges and invoices, in the caller's transaction. The shard that
 * ends last moves the run to review. A repeat finds the shard rated; a stale token changes nothing (promise 9).
 */
export async function rateShard(transaction: Transaction, effects: Effects, key: ShardKey): Promise<ShardOutcome> {
  const columns = { run_id: key.runId, fencing_token: key.fencingToken };
  const shard = await transaction.first(runShardLock, { ...columns, shard: key.shard });
  if (!shard)
    throw new Unprocessable(`there is no shard ${key.shard} of run ${key.runId} under token ${key.fencingToken}`);
  if (shard.status === 'rated') return { kind: 'already_rated' };
  if (shard.current_token !== key.fencingToken || shard.run_status !== 'complete') return { kind: 'stale' };
  const period = shard.period as BillingPeriod;
  const ratings = await rateCustomers(transaction, key, {
    customers: shard.customers,
    period,
    from: shard.period_from,
    to: shard.period_to,
  });
  let held = 0;
  for (const [customerId, rating] of ratings) {
    if (rating.kind === 'held') held += 1;
    await keepRating(transaction, effects, key, period, customerId, rating);
  }
  await endShard(transaction, effects, key, period);
  return { kind: 'rated', invoices: ratings.length, held };
}

async function rateCustomers(
  transaction: Transaction,
  key: ShardKey,
  work: {
    readonly customers: readonly string[];
    readonly period: BillingPeriod;
    readonly from: string;
    readonly to: string;
  },
): Promise<readonly (readonly [string, CustomerRating])[]> {
  const days = { from_day: work.from, to_day: work.to };
  const contracts = await transaction.rows(contractListOfCustomers, { customers: work.customers, ...days });
  const versions = [...new Set(contracts.flatMap((row) => [row.legacy_plan_version, row.usage_plan_version]))].filter(
    (version) => version !== null,
  );
  const documents = await transaction.rows(planVersionListDocuments, { plan_versions: versions });
  const metrics = await transaction.rows(metricList, {});
  const usage = await transaction.rows(usageDailyListPinned, {
    run_id: key.runId,
    fencing_token: key.fencingToken,
    customers: work.customers,
    ...days,
  });
  const planDocuments = new Map(documents.map((row) => [row.plan_version, row.document]));
  const divisors = new Map(metrics.map((row) => [row.metric, Exact.parse(row.divisor)]));
  const contractsOf = Map.groupBy(contracts, (row) => row.customer_id);
  const usageOf = Map.groupBy(usage, (row) => row.customer_id);
  return work.customers.map((customerId) => {
    const rating = rateCustomer({
      period: work.period,
      contracts: (contractsOf.get(customerId) ?? []).map(toTerms),
      planDocuments,
      divisors,
      usage: (usageOf.get(customerId) ?? []).map((row) => ({
        day: row.day as UtcDay,
        project: row.project_id,
        region: row.region,
        metric: row.metric,
        quantity: Exact.parse(row.quantity),
      })),
    });
    return [customerId, rating] as const;
  });
}

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

async function keepRating(
  transaction: Transaction,
  effects: Effects,
  key: ShardKey,
  period: BillingPeriod,
  customerId: string,
  rating: CustomerRating,
): Promise<void> {
  const obligation = { customer_id: customerId, period, series: MAIN_SERIES };
  const earlier = await transaction.first(invoiceCountOfObligation, obligation);
  const made = earlier?.made ?? 0;
  const invoiceId = `${period}/${customerId}/${MAIN_SERIES}${made === 0 ? '' : `/${made + 1}`}`;
  const document = invoiceDocument({ invoiceId, customerId, period, series: MAIN_SERIES }, rating);
  const subtotal = rating.kind === 'rated' ? rating.subtotal : 0n;
  await transaction.rows(invoiceInsert, {
    ...obligation,
    invoice_id: invoiceId,
    run_id: key.runId,
    fencing_token: key.fencingToken,
    generation: earlier?.voided ?? 0,
    status: rating.kind === 'rated' ? 'rated' : 'held',
    currency: rating.currency,
    subtotal,
    total: subtotal,
    document,
    document_digest: digest(document),
    hold_reason: rating.kind === 'held' ? `${rating.reason}: ${rating.detail}` : null,
    rated_at: effects.now(),
  });
  if (rating.kind === 'held') return reportHeld(transaction, effects, key, period, customerId, rating);
  const charges = [
    ...chargeRows(customerId, 'billed', invoiceId, rating.currency, rating.billed),
    ...chargeRows(customerId, 'shadow', null, rating.currency, rating.shadow),
  ];
  await transaction.rows(chargeInsert, {
    run_id: key.runId,
    fencing_token: key.fencingToken,
    charges: canonicalJson(charges),
  });
}

async function reportHeld(
  transaction: Transaction,
  effects: Effects,
  key: ShardKey,
  period: BillingPeriod,
  customerId: string,
  rating: Extract<CustomerRating, { kind: 'held' }>,
): Promise<void> {
  const { reason, detail } = rating;
  await raiseException(transaction, effects, {
    class: 'rating_held',
    subject: `${period}/${customerId}`,
    reason,
    detail,
  });
  await recordEvents(transaction, effects, [
    { type: 'rating.failed', data: { runId: key.runId, period, customer: customerId, reason, detail } },
  ]);
}

function chargeRows(
  customerId: string,
  purpose: 'billed' | 'shadow',
  invoiceId: string | null,
  currency: string,
  segments: readonly RatedSegment[],
) {
  return chargeLines(segments).map(({ key, segment: index, line }, position) => {
    const segment = segments[index];
    if (segment === undefined) throw new RangeError(`line ${key} names segment ${index} of ${segments.length}`);
    return {
      customer_id: customerId,
      purpose,
      position,
      invoice_id: invoiceId,
      contract_id: segment.contractId,
      segment_from: segment.from,
      segment_to: segment.to,
      line_key: key,
      label: line.label,
      project_id: line.project,
      currency,
      quantity: line.quantity?.toString() ?? null,
      exact: line.exact.toString(),
      amount: line.amount.toString(),
      formula: line.formula.text,
      formula_digest: line.formula.digest,
      plan_version: segment.planVersion,
      parameters_digest: segment.parametersDigest,
      usage_digest: segment.usageDigest,
      inputs: canonicalJson(inputsJson(line)),
      details: canonicalJson(detailsJson(line)),
    };
  });
}

/** Marks the shard; under the run's lock, so that exactly one shard sees itself as the last. */
async function endShard(
  transaction: Transaction,
  effects: Effects,
  key: ShardKey,
  period: BillingPeriod,
): Promise<void> {
  const columns = { run_id: key.runId, fencing_token: key.fencingToken };
  const run = await transaction.first(billingRunLock, { run_id: key.runId });
  if (run?.fencing_token !== key.fencingToken || run.status !== 'complete') {
    throw new Error(
      `the inputs of run ${key.runId} changed while shard ${key.shard} was rated; the message comes again and finds the new ones`,
    );
  }
  await transaction.rows(runShardEnd, { ...columns, shard: key.shard });
  const left = await transaction.first(runShardCountWaiting, columns);
  if (left?.waiting !== 0) return;
  const invoices = await transaction.rows(invoiceListOfRun, { run_id: key.runId });
  await transaction.rows(billingRunSetTotals, { ...columns, totals: canonicalJson(runTotals(invoices)) });
  await transaction.rows(billingRunAdvance, { ...columns, from_status: 'complete', to_status: 'rated' });
  await transaction.rows(billingRunAdvance, { ...columns, from_status: 'rated', to_status: 'in_review' });
  const held = invoices.filter((invoice) => invoice.status === 'held').length;
  await recordEvents(transaction, effects, [
    {
      type: 'charges.priced',
      data: { runId: key.runId, period, fencingToken: key.fencingToken, invoices: invoices.length, held },
    },
  ]);
}
