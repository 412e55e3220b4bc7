import type { Database } from '../database/database.ts';
import { exceptionClaimDue, exceptionReopenLeft } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
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
const LEASE_MS = 15 * 60_000;

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
  for (const row of due) await retry(dependencies, actor, row);
  return due.map((row) => ({ class: row.class, subject: row.subject }));
}

async function retry(
  dependencies: RetryDependencies,
  actor: string,
  exception: { readonly class: string; readonly subject: string; readonly attempts: number },
): Promise<void> {
  const why = `attempt ${exception.attempts + 1} of ${exception.subject}`;
  const exceptionClass = exception.class as ExceptionClass;
  switch (exceptionClass) {
    case 'aggregation_failed': {
      const cell = parseCellName(exception.subject);
      if (!cell)
        throw new Error(
          `exception ${exception.class} has the subject "${exception.subject}", which is not region/source/day`,
        );
      await aggregateDay(dependencies, { ...cell, snapshotAt: dependencies.effects.now(), actor, why });
      return;
    }
    case 'issuing_failed':
      await dependencies.database.transaction({ actor, why }, (transaction) =>
        recordEvents(transaction, dependencies.effects, [
          {
            type: 'invoice.approved',
            data: { invoiceId: exception.subject, runId: exception.subject.split('/')[0] ?? exception.subject },
          },
        ]),
      );
      return;
    // Their policies allow no attempt without a person, so that none of them is ever due.
    case 'rating_held':
    case 'unbilled_usage':
    case 'late_usage':
      throw new Error(`an exception of class ${exceptionClass} was due for a retry, which its policy does not allow`);
    default:
      return exceptionClass satisfies never;
  }
}
