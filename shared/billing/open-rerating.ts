import type { BillingPeriod } from '../calendar/billing-period.ts';
import { canonicalJson } from '../canonical/canonical-json.ts';
import type { Transaction } from '../database/database.ts';
import {
  reratingListChangedCustomers,
  reratingLook,
  reratingOpen,
  reratingShardInsert,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';

/** Customers that are compared in one transaction. */
const CUSTOMERS_PER_SHARD = 100;

/**
 * Opens a rerating of an approved run whose inputs are no longer those that it was billed or last compared on: pins the
 * current checkpoints, and hands the customers whose usage or terms differ over in shards. The caller holds the run's
 * lock. The same inputs open nothing again. `author` is who brought the change about.
 */
export async function openRerating(
  transaction: Transaction,
  effects: Effects,
  runId: string,
  change: { readonly cause: 'late_usage' | 'corrected_terms'; readonly author: string },
): Promise<'late' | 'unchanged'> {
  const look = await transaction.first(reratingLook, { run_id: runId });
  if (!look) throw new Error(`run ${runId} is gone while it was locked`);
  if (look.inputs_digest === look.known_digest) return 'unchanged';
  const rerating = look.rerating + 1;
  const key = { run_id: runId, rerating };
  const opened = { ...key, inputs_digest: look.inputs_digest, ...change, opened_at: effects.now() };
  await transaction.rows(reratingOpen, opened);
  const changed = await transaction.rows(reratingListChangedCustomers, {
    ...key,
    period: look.period,
    from_day: look.period_from,
    to_day: look.period_to,
  });
  const shards = shardsOf(changed.map((row) => row.customer_id));
  await transaction.rows(reratingShardInsert, { ...key, shards: canonicalJson(shards) });
  await recordEvents(
    transaction,
    effects,
    shards.map((_members, shard) => ({
      type: 'period.changed' as const,
      data: { runId, period: look.period as BillingPeriod, rerating, shard, shards: shards.length },
    })),
  );
  return 'late';
}

function shardsOf(customers: readonly string[]): string[][] {
  const shards: string[][] = [];
  for (let from = 0; from < customers.length; from += CUSTOMERS_PER_SHARD)
    shards.push(customers.slice(from, from + CUSTOMERS_PER_SHARD));
  return shards;
}
