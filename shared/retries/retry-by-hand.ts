import { type ExceptionStatus, exceptionClaim, exceptionFind } from '../database/queries.generated.ts';
import { type ExceptionClass, POLICIES } from '../exceptions/policy.ts';
import { LEASE_MS, type RetryDependencies, retryOne } from './retry-due.ts';

export type RetryOutcome =
  /** It was tried: `status` is what it is now, `retrying` when an event was sent whose effect is still to come. */
  | {
      readonly kind: 'tried';
      readonly class: string;
      readonly subject: string;
      readonly status: ExceptionStatus;
      readonly reason: string;
      readonly detail: string;
    }
  | {
      readonly kind: 'refused';
      readonly reason: 'unknown_exception' | 'ended_before' | 'being_retried';
      readonly detail: string;
    }
  /** Its class has nothing to try again: people decide. */
  | { readonly kind: 'decision'; readonly class: string; readonly subject: string };

/**
 * Tries one exception again because a person asks for it, also one that its policy has handed to people. It is claimed like
 * a due one, so that the two never try it at once; a crash leaves it to be taken again.
 */
export async function retryException(
  dependencies: RetryDependencies,
  retry: { readonly exception: bigint; readonly actor: string; readonly why: string },
): Promise<RetryOutcome> {
  const { database, effects } = dependencies;
  const key = { exception_id: retry.exception };
  const found = await database.first(exceptionFind, key);
  if (found === undefined) {
    const detail = `There is no exception ${retry.exception}: daybook exceptions list shows those that are open.`;
    return { kind: 'refused', reason: 'unknown_exception', detail };
  }
  if (found.ended_at !== null) {
    const detail = `Exception ${retry.exception} was ${found.status} by ${found.ended_by} before.`;
    return { kind: 'refused', reason: 'ended_before', detail };
  }
  if (!canBeRetried(found.class)) return { kind: 'decision', class: found.class, subject: found.subject };
  const give_up_at = new Date(effects.now().getTime() + LEASE_MS);
  const claimed = await database.transaction({ actor: retry.actor, why: retry.why }, (transaction) =>
    transaction.first(exceptionClaim, { ...key, give_up_at }),
  );
  if (claimed === undefined) {
    const detail = `Exception ${retry.exception} is being retried at this moment: look again in a minute.`;
    return { kind: 'refused', reason: 'being_retried', detail };
  }
  await retryOne(dependencies, retry.actor, claimed);
  const {
    class: exceptionClass,
    subject,
    status,
    reason,
    detail,
  } = (await database.first(exceptionFind, key)) ?? found;
  return { kind: 'tried', class: exceptionClass, subject, status, reason, detail };
}

function canBeRetried(exceptionClass: string): boolean {
  return Object.hasOwn(POLICIES, exceptionClass) && POLICIES[exceptionClass as ExceptionClass].maxAttempts > 0;
}
