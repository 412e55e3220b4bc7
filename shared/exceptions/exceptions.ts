import type { Transaction } from '../database/database.ts';
import {
  exceptionEscalate,
  exceptionFindLive,
  exceptionRaise,
  exceptionResolve,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { type ExceptionClass, nextDelayMs } from './policy.ts';

/** A failure, and what it is about in the words of its class. */
export interface Failure {
  readonly class: ExceptionClass;
  /** `europe-west1/requests/2026-10-14`, an invoice's id, a run's id and customer. */
  readonly subject: string;
  readonly reason: string;
  readonly detail: string;
}

/**
 * Opens an exception or counts one more failure of the live one, in the transaction that records the failure.
 * The class's policy decides when it is tried again, or hands it to people.
 */
export async function raiseException(transaction: Transaction, effects: Effects, failure: Failure): Promise<void> {
  const now = effects.now();
  const before = await transaction.first(exceptionFindLive, { class: failure.class, subject: failure.subject });
  const delayMs = nextDelayMs(failure.class, (before?.attempts ?? 0) + 1, effects.fraction());
  const raised = await transaction.first(exceptionRaise, {
    ...failure,
    next_attempt_at: delayMs === null ? null : new Date(now.getTime() + delayMs),
    raised_at: now,
  });
  if (raised && delayMs === null && before)
    await transaction.rows(exceptionEscalate, { exception_id: raised.exception_id });
}

/** Ends the live exception of a subject, if there is one, because the work has succeeded. */
export async function resolveException(
  transaction: Transaction,
  effects: Effects,
  exceptionClass: ExceptionClass,
  subject: string,
  why: string,
): Promise<void> {
  const ended = { class: exceptionClass, subject, ended_at: effects.now(), ended_by: transaction.intent.actor, why };
  await transaction.rows(exceptionResolve, ended);
}
