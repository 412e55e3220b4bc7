import { z } from 'zod';
import type { BillingPeriod } from '../calendar/billing-period.ts';
import type { Database, Transaction } from '../database/database.ts';
import {
  billingRunAdvance,
  billingRunLock,
  runShardCount,
  runShardFail,
  runShardRetry,
} from '../database/queries.generated.ts';
import { sqlStateOf } from '../database/sqlstate.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { raiseException } from '../exceptions/exceptions.ts';

interface ShardName {
  readonly runId: string;
  readonly fencingToken: number;
  readonly shard: number;
}

/** How an exception names a shard: the run's id, `#`, and the shard's number. */
export function shardSubject({ runId, shard }: { readonly runId: string; readonly shard: number }): string {
  return `${runId}#${shard}`;
}

export function parseShardSubject(subject: string): { readonly runId: string; readonly shard: number } | undefined {
  const match = /^(.+)#(\d+)$/.exec(subject);
  return match === null ? undefined : { runId: match[1] ?? '', shard: Number.parseInt(match[2] ?? '', 10) };
}

/** SQLSTATE classes of errors that lie in the data or the statement: the same again gives the same error. */
const LASTING = new Set(['22', '23', '42', 'DB']);

/** A state that has changed while the shard was rated, such as the inputs of a run that a rule signs off: the next look sees it. */
const CHANGED_MEANWHILE = 'DB005';

/**
 * Whether a shard fails for good: by what is in the data or in the code. A connection that broke, a conflict and
 * everything unknown heals by another delivery of the message.
 */
export function failsForGood(error: unknown): boolean {
  if (error instanceof RangeError || error instanceof TypeError || error instanceof SyntaxError) return true;
  if (error instanceof z.ZodError) return true;
  const state = sqlStateOf(error);
  return state !== undefined && state !== CHANGED_MEANWHILE && LASTING.has(state.slice(0, 2));
}

/**
 * Records that a shard cannot be rated, in the transaction that also claims its message: the shard is failed, its run
 * is rating_failed, and an exception says why and is tried again as its policy says. Nothing happens when the shard
 * was rated meanwhile or the run has a newer token.
 */
export async function failShard(
  transaction: Transaction,
  effects: Effects,
  key: ShardName,
  error: unknown,
): Promise<void> {
  const columns = { run_id: key.runId, fencing_token: key.fencingToken };
  await transaction.first(billingRunLock, { run_id: key.runId });
  if (!(await transaction.first(runShardFail, { ...columns, shard: key.shard }))) return;
  await transaction.rows(billingRunAdvance, { ...columns, from_status: 'complete', to_status: 'rating_failed' });
  await raiseException(transaction, effects, {
    class: 'rating_failed',
    subject: shardSubject(key),
    reason: sqlStateOf(error) ?? (error instanceof Error ? error.name : 'unknown'),
    detail: `shard ${key.shard} of run ${key.runId} cannot be rated: ${error instanceof Error ? error.message : String(error)}`,
  });
}

/**
 * Puts failed shards of a run back to waiting, all of them or one, and the run to complete when none is failed any
 * more; each is handed to rating again. Returns how many there were.
 */
export async function retryShards(
  transaction: Transaction,
  effects: Effects,
  runId: string,
  shard: number | null = null,
): Promise<number> {
  const run = await transaction.first(billingRunLock, { run_id: runId });
  if (run?.status !== 'rating_failed') return 0;
  const columns = { run_id: runId, fencing_token: run.fencing_token };
  const retried = await transaction.rows(runShardRetry, { run_id: runId, shard });
  const count = await transaction.first(runShardCount, columns);
  if (count?.failed === 0)
    await transaction.rows(billingRunAdvance, { ...columns, from_status: 'rating_failed', to_status: 'complete' });
  await recordEvents(
    transaction,
    effects,
    retried.map((row) => ({
      type: 'period.completed' as const,
      data: {
        runId,
        period: run.period as BillingPeriod,
        fencingToken: run.fencing_token,
        shard: row.shard,
        shards: count?.shards ?? 0,
      },
    })),
  );
  return retried.length;
}

/** As {@link failShard}, by itself: for a command, which has no message to claim. */
export function recordShardFailure(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  actor: string,
  key: ShardName,
  error: unknown,
): Promise<void> {
  const why = error instanceof Error ? error.message : String(error);
  return database.transaction({ actor, why }, (transaction) => failShard(transaction, effects, key, error));
}
