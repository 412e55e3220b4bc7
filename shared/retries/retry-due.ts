import { parseShardSubject, retryShards } from '../billing/rating-failure.ts';
import type { Database } from '../database/database.ts';
import { exceptionClaimDue, exceptionReopenLeft, invoiceFindRun } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { raiseException, resolveException } from '../exceptions/exceptions.ts';
import type { ExceptionClass } from '../exceptions/policy.ts';
import { type AggregationDependencies, aggregateDay } from '../usage/aggregate.ts';
import { parseCellName } from '../usage/cell.ts';

export interface RetryDependencies extends AggregationDependencies {
  readonly database: Database;
  readonly effects: Effects;
}

/** What was tried again: the exception's class and subject. How it ended is in the exception itself. */
export interface Retried {
  readonly class: string;
  readonly subject: string;
}

const BATCH = 20;
/** A retry that has not ended after this long was left by a crash. */
export const LEASE_MS = 15 * 60_000;

/** Tries again every exception whose next attempt is due, one batch a call. */
export async function retryDueExceptions(dependencies: RetryDependencies, actor: string): Promise<readonly Retried[]> {
  const { database, effects } = dependencies;
  const now = effects.now();
  const due = await database.transaction({ actor, why: 'the next attempt is due' }, async (transaction) => {
    await transaction.rows(exceptionReopenLeft, { now });
    return transaction.rows(exceptionClaimDue, {
      now,
      give_up_at: new Date(now.getTime() + LEASE_MS),
      batch_size: BATCH,
    });
  });
  for (const row of due) await retryOne(dependencies, actor, row);
  return due.map((row) => ({ class: row.class, subject: row.subject }));
}

interface DueException {
  readonly class: string;
  readonly subject: string;
  readonly attempts: number;
}

/**
 * Tries one again. What cannot even be tried counts as a failed attempt, so that the policy's end comes for it too
 * (promise 20), and it does not keep the others of the batch from theirs.
 */
export async function retryOne(dependencies: RetryDependencies, actor: string, exception: DueException): Promise<void> {
  const { database, effects } = dependencies;
  const failed = await retry(dependencies, actor, exception).catch((error: unknown) => ({
    reason: 'retry_failed',
    detail: error instanceof Error ? error.message : String(error),
  }));
  if (failed === null) return;
  const failure = { class: exception.class as ExceptionClass, subject: exception.subject, ...failed };
  await database.transaction({ actor, why: `${failed.reason}: ${failed.detail}` }, (transaction) =>
    raiseException(transaction, effects, failure),
  );
}

/** Null when the work was tried: how it ended is then in the exception already. */
async function retry(
  dependencies: RetryDependencies,
  actor: string,
  exception: DueException,
): Promise<{ readonly reason: string; readonly detail: string } | null> {
  const why = `attempt ${exception.attempts + 1} of ${exception.subject}`;
  const exceptionClass = exception.class as ExceptionClass;
  switch (exceptionClass) {
    case 'aggregation_failed': {
      const cell = parseCellName(exception.subject);
      if (!cell)
        throw new Error(
          `exception ${exception.class} has the subject "${exception.subject}", which is not region/source/day`,
        );
      const work = { ...cell, snapshotAt: dependencies.effects.now(), actor, why };
      const result = await aggregateDay(dependencies, work);
      return result.kind === 'refused' ? { reason: 'refused', detail: result.reason } : null;
    }
    case 'issuing_failed':
      await dependencies.database.transaction({ actor, why }, async (transaction) => {
        const invoiceId = exception.subject;
        const found = await transaction.first(invoiceFindRun, { invoice_id: invoiceId });
        if (!found) throw new Error(`exception ${exception.class} is about ${invoiceId}, and there is no such invoice`);
        await recordEvents(transaction, dependencies.effects, [
          { type: 'invoice.approved', data: { invoiceId, runId: found.run_id } },
        ]);
      });
      return null;
    case 'rating_failed': {
      const shard = parseShardSubject(exception.subject);
      if (!shard)
        throw new Error(`exception ${exception.class} has the subject "${exception.subject}", which is not run#shard`);
      await dependencies.database.transaction({ actor, why }, async (transaction) => {
        const retried = await retryShards(transaction, dependencies.effects, shard.runId, shard.shard);
        if (retried > 0) return;
        const over = 'the run has other inputs by now, or the shard was rated';
        await resolveException(transaction, dependencies.effects, 'rating_failed', exception.subject, over);
      });
      return null;
    }
    case 'credit_failed':
      await dependencies.database.transaction({ actor, why }, (transaction) =>
        recordEvents(transaction, dependencies.effects, [
          { type: 'credit.approved', data: { creditId: exception.subject } },
        ]),
      );
      return null;
    // Their policies allow no attempt without a person, so that none of them is ever due.
    case 'period_incomplete':
    case 'invoice_held':
    case 'issued_otherwise':
    case 'voiding_failed':
    case 'stripe_differs':
    case 'rating_held':
    case 'unbilled_usage':
    case 'late_usage':
    case 'adjustment_undecided':
    case 'stray_usage':
    case 'retention_failed':
      throw new Error(`an exception of class ${exceptionClass} was due for a retry, which its policy does not allow`);
    default:
      return exceptionClass satisfies never;
  }
}
