import type { BillingPeriod } from '../calendar/billing-period.ts';
import type { Transaction } from '../database/database.ts';
import { runShardLock } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { Unprocessable } from '../events/receive.ts';
import { holdForAnomalies } from './anomaly-holds.ts';
import { endShard, lockBeforeEnd } from './finish-rating.ts';
import { judgeCustomers } from './judge-customers.ts';
import { keepRatings } from './keep-ratings.ts';
import { type PinnedRun, seriesOf } from './pinned-run.ts';

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
 * Rates the customers of one shard and keeps their charges and invoices, in the caller's transaction: some twenty
 * statements, whatever the number of customers. The shard that ends last moves the run to review. A repeat finds the
 * shard rated; a stale token changes nothing (promise 9). Only what comes last, the look at unusual usage and the end,
 * is under the run's lock: shards are rated side by side.
 */
export async function rateShard(transaction: Transaction, effects: Effects, key: ShardKey): Promise<ShardOutcome> {
  const { runId, fencingToken, shard } = key;
  const row = await transaction.first(runShardLock, { run_id: runId, fencing_token: fencingToken, shard });
  if (!row) throw new Unprocessable(`there is no shard ${shard} of run ${runId} under token ${fencingToken}`);
  if (row.status === 'rated') return { kind: 'already_rated' };
  const isOpen = row.run_status === 'complete' || row.run_status === 'rating_failed';
  if (row.current_token !== fencingToken || !isOpen || row.status === 'failed') return { kind: 'stale' };
  const run: PinnedRun = {
    runId,
    fencingToken,
    period: row.period as BillingPeriod,
    from: row.period_from,
    to: row.period_to,
    series: seriesOf(row.contract_id),
  };
  const verdicts = await judgeCustomers(transaction, run, row.customers);
  await keepRatings(transaction, effects, run, verdicts);
  await lockBeforeEnd(transaction, run, shard);
  const anomalous = new Set(await holdForAnomalies(transaction, effects, run, row.customers));
  await endShard(transaction, effects, run, shard);
  const held = verdicts.filter(({ customerId, holds }) => holds.length > 0 || anomalous.has(customerId)).length;
  return { kind: 'rated', invoices: verdicts.length, held };
}
