import type { Transaction } from '../database/database.ts';
import {
  exceptionEscalateMany,
  exceptionFindLiveMany,
  exceptionRaiseMany,
  exceptionResolveMany,
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
 * The class's policy decides when it is tried again, or hands it to people; never before `notBeforeMs` from now, which is
 * what the other side asked for.
 */
export function raiseException(
  transaction: Transaction,
  effects: Effects,
  failure: Failure,
  notBeforeMs = 0,
): Promise<void> {
  return raiseExceptions(transaction, effects, failure.class, [failure], notBeforeMs);
}

/** As {@link raiseException}, for failures of one class whose subjects are all different, in a few statements. */
export async function raiseExceptions(
  transaction: Transaction,
  effects: Effects,
  exceptionClass: ExceptionClass,
  failures: readonly Omit<Failure, 'class'>[],
  notBeforeMs = 0,
): Promise<void> {
  if (failures.length === 0) return;
  const now = effects.now();
  const subjects = failures.map(({ subject }) => subject);
  const live = await transaction.rows(exceptionFindLiveMany, { class: exceptionClass, subjects });
  const before = new Map(live.map((row) => [row.subject, row.attempts]));
  const delays = new Map(
    subjects.map((subject) => [
      subject,
      nextDelayMs(exceptionClass, (before.get(subject) ?? 0) + 1, effects.fraction()),
    ]),
  );
  const raised = await transaction.rows(exceptionRaiseMany, {
    class: exceptionClass,
    subjects,
    reasons: failures.map(({ reason }) => reason),
    details: failures.map(({ detail }) => detail),
    next_attempts_at: [...delays.values()].map((delay) =>
      delay === null ? null : new Date(now.getTime() + Math.max(delay, notBeforeMs)),
    ),
    raised_at: now,
  });
  const usedUp = raised.filter((row) => before.has(row.subject) && delays.get(row.subject) === null);
  if (usedUp.length > 0)
    await transaction.rows(exceptionEscalateMany, { exception_ids: usedUp.map((row) => row.exception_id) });
}

/** Ends the live exception of a subject, if there is one, because the work has succeeded. */
export function resolveException(
  transaction: Transaction,
  effects: Effects,
  exceptionClass: ExceptionClass,
  subject: string,
  why: string,
): Promise<void> {
  return resolveExceptions(transaction, effects, [exceptionClass], [subject], why);
}

/** As {@link resolveException}, for every live exception of the classes whose subject is one of those given. */
export async function resolveExceptions(
  transaction: Transaction,
  effects: Effects,
  classes: readonly ExceptionClass[],
  subjects: readonly string[],
  why: string,
): Promise<void> {
  const ended = { classes, subjects, ended_at: effects.now(), ended_by: transaction.intent.actor, why };
  await transaction.rows(exceptionResolveMany, ended);
}
