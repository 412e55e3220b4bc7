import type { BillingPeriod } from '../calendar/billing-period.ts';
import { canonicalJson } from '../canonical/canonical-json.ts';
import type { Transaction } from '../database/database.ts';
import {
  billingRunAdvance,
  billingRunLock,
  billingRunSetTotals,
  invoiceTotalByCurrency,
  runShardCountWaiting,
  runShardEnd,
  runShardLock,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { Unprocessable } from '../events/receive.ts';
import type { Hold, HoldSource } from './holds.ts';
import { keepRatings, type Verdict } from './keep-ratings.ts';
import { MAIN_SERIES, type PinnedRun } from './pinned-run.ts';
import { type RatedCustomer, rateCustomers } from './rate-customers.ts';
import { runTotals } from './run-totals.ts';

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

const NOBODY_HOLDS: HoldSource = async () => [];

/**
 * Rates the customers of one shard and keeps their charges and invoices, in the caller's transaction: some twenty
 * statements, whatever the number of customers. The shard that ends last moves the run to review. A repeat finds the
 * shard rated; a stale token changes nothing (promise 9). `holdsFrom` is asked for reasons from outside rating.
 */
export async function rateShard(
  transaction: Transaction,
  effects: Effects,
  key: ShardKey,
  holdsFrom: HoldSource = NOBODY_HOLDS,
): Promise<ShardOutcome> {
  const columns = { run_id: key.runId, fencing_token: key.fencingToken };
  const shard = await transaction.first(runShardLock, { ...columns, shard: key.shard });
  if (!shard)
    throw new Unprocessable(`there is no shard ${key.shard} of run ${key.runId} under token ${key.fencingToken}`);
  if (shard.status === 'rated') return { kind: 'already_rated' };
  if (shard.current_token !== key.fencingToken || shard.run_status !== 'complete') return { kind: 'stale' };
  const run: PinnedRun = {
    runId: key.runId,
    fencingToken: key.fencingToken,
    period: shard.period as BillingPeriod,
    from: shard.period_from,
    to: shard.period_to,
    series: MAIN_SERIES,
  };
  const verdicts = await judge(transaction, run, shard.customers, holdsFrom);
  await keepRatings(transaction, effects, run, verdicts);
  await endShard(transaction, effects, run, key.shard);
  return { kind: 'rated', invoices: verdicts.length, held: verdicts.filter(({ holds }) => holds.length > 0).length };
}

/** Rates the customers and finds every reason to hold one of them; the others go on (promise 19). */
async function judge(
  transaction: Transaction,
  run: PinnedRun,
  customers: readonly string[],
  holdsFrom: HoldSource,
): Promise<readonly Verdict[]> {
  const rated = await rateCustomers(transaction, run, customers);
  const outside = Map.groupBy(
    await holdsFrom(transaction, { run, period: run.period, customers }),
    ({ customerId }) => customerId,
  );
  return rated.map((one) => ({
    ...one,
    holds: [
      ...unratable(one),
      ...(outside.get(one.customerId) ?? []).map(({ reason, detail }) => ({ reason, detail, releasable: true })),
    ],
  }));
}

function unratable({ rating }: RatedCustomer): readonly Hold[] {
  return rating.kind === 'held' ? [{ reason: rating.reason, detail: rating.detail, releasable: false }] : [];
}

/** Marks the shard; under the run's lock, so that exactly one shard sees itself as the last. */
async function endShard(transaction: Transaction, effects: Effects, run: PinnedRun, shard: number): Promise<void> {
  const columns = { run_id: run.runId, fencing_token: run.fencingToken };
  const locked = await transaction.first(billingRunLock, { run_id: run.runId });
  if (locked?.fencing_token !== run.fencingToken || locked.status !== 'complete') {
    throw new Error(
      `the inputs of run ${run.runId} changed while shard ${shard} was rated; the message comes again and finds the new ones`,
    );
  }
  await transaction.rows(runShardEnd, { ...columns, shard });
  const left = await transaction.first(runShardCountWaiting, columns);
  if (left?.waiting !== 0) return;
  const totals = await transaction.rows(invoiceTotalByCurrency, { run_id: run.runId });
  await transaction.rows(billingRunSetTotals, { ...columns, totals: canonicalJson(runTotals(totals)) });
  await transaction.rows(billingRunAdvance, { ...columns, from_status: 'complete', to_status: 'rated' });
  await transaction.rows(billingRunAdvance, { ...columns, from_status: 'rated', to_status: 'in_review' });
  const count = (key: 'invoices' | 'held') => totals.reduce((sum, row) => sum + row[key], 0);
  await recordEvents(transaction, effects, [
    {
      type: 'charges.priced',
      data: { ...eventKey(run), invoices: count('invoices'), held: count('held') },
    },
  ]);
}

function eventKey({ runId, period, fencingToken }: PinnedRun) {
  return { runId, period, fencingToken };
}
