import type { Database } from '../database/database.ts';
import {
  alertClaimNext,
  alertLock,
  alertMarkFailed,
  alertMarkSent,
  deadLetterListWaiting,
  exceptionListToTell,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { sleep } from '../effects/sleep.ts';
import type { Logger } from '../logging/logger.ts';
import { type AlertOutcome, type Severity, sendAlert } from '../slack/alert.ts';
import { deadLetterNotice } from './dead-letter-notice.ts';
import { CLASSES_TO_TELL, exceptionNotice, RETRIED_CLASSES } from './exception-notice.ts';
import { raiseAlert } from './raise.ts';

/** Slack's incoming webhooks take one message a second. */
const SPACING_MS = 1_000;
const TIMEOUT_MS = 4_000;
/** A sender that has not said what became of its alert by then has crashed. */
const CLAIM_MS = 60_000;
/** Messages in one call: with time limit and spacing well inside the caller's own limit. */
const MESSAGES_PER_CALL = 6;
const MAX_ATTEMPTS = 12;
const FIRST_DELAY_MS = 30_000;
const DELAY_CAP_MS = 3_600_000;

export interface AlertDependencies {
  readonly database: Database;
  readonly effects: Effects;
  readonly logger: Logger;
  readonly configuration: { readonly slackWebhookUrl: string | null };
}

type Claimed = NonNullable<Awaited<ReturnType<typeof claimNext>>>;

/**
 * Sends alerts that wait, oldest first, at most one a second over all instances, and returns how many Slack took. What
 * is left or fails stays for the next call. Never throws: an alert must not fail the work that it tells about.
 */
export async function deliverAlerts(dependencies: AlertDependencies, actor: string): Promise<number> {
  const { configuration, logger } = dependencies;
  if (configuration.slackWebhookUrl === null) {
    logger.log('WARNING', 'alerts are kept but not sent: SLACK_WEBHOOK_URL is not set');
    return 0;
  }
  try {
    return await deliver(dependencies, configuration.slackWebhookUrl, actor);
  } catch (error) {
    logger.log('ERROR', 'alerts could not be sent; the next call tries again', {
      error: error instanceof Error ? error.message : String(error),
    });
    return 0;
  }
}

/** Raises an alert for every waiting dead letter that has none, whichever function put it aside. */
export async function raiseDeadLetterAlerts(
  dependencies: Pick<AlertDependencies, 'database' | 'effects'>,
  actor: string,
): Promise<void> {
  const { database, effects } = dependencies;
  const intent = { actor, why: 'tell people of messages that were put aside' };
  await database.transaction(intent, async (transaction) => {
    for (const row of await transaction.rows(deadLetterListWaiting, {})) {
      const letter = { ...row, messageId: row.message_id, receivedAt: row.received_at };
      await raiseAlert(transaction, effects.now(), deadLetterNotice(letter));
    }
  });
}

/** Raises an alert for every live exception that no event tells of, and for every one that its policy has given up. */
export async function raiseExceptionAlerts(
  { database, effects }: Pick<AlertDependencies, 'database' | 'effects'>,
  actor: string,
): Promise<void> {
  const live = await database.rows(exceptionListToTell, { classes: CLASSES_TO_TELL, retried_classes: RETRIED_CLASSES });
  if (live.length === 0) return;
  await database.transaction({ actor, why: 'tell people of exceptions' }, async (transaction) => {
    for (const row of live) {
      await raiseAlert(transaction, effects.now(), exceptionNotice({ ...row, openedAt: row.opened_at }));
    }
  });
}

async function deliver(dependencies: AlertDependencies, webhookUrl: string, actor: string): Promise<number> {
  const { effects } = dependencies;
  let sent = 0;
  for (let message = 0; message < MESSAGES_PER_CALL; message += 1) {
    const claimed = await claimNext(dependencies, actor);
    if (!claimed) break;
    const outcome = await sendAlert({ webhookUrl, timeoutMs: TIMEOUT_MS }, effects, {
      ...claimed,
      severity: claimed.severity as Severity,
      where: claimed.place,
    });
    await record(dependencies, actor, claimed, outcome);
    if (outcome.kind === 'sent') sent += 1;
    // A receiver that is down is left alone: the next alert would meet the same end.
    else break;
    await sleep(effects, SPACING_MS);
  }
  return sent;
}

function claimNext({ database, effects }: AlertDependencies, actor: string) {
  return database.transaction({ actor, why: 'send an alert' }, async (transaction) => {
    await transaction.rows(alertLock, {});
    const now = effects.now();
    return transaction.first(alertClaimNext, { now, claimed_until: new Date(now.getTime() + CLAIM_MS) });
  });
}

async function record(
  dependencies: AlertDependencies,
  actor: string,
  claimed: Claimed,
  outcome: AlertOutcome,
): Promise<void> {
  const { database, effects, logger } = dependencies;
  const now = effects.now();
  const { alert_key, attempts, title } = claimed;
  await database.transaction({ actor, why: 'send an alert' }, async (transaction) => {
    if (outcome.kind === 'sent') {
      await transaction.rows(alertMarkSent, { alert_key, sent_at: now });
      return;
    }
    const backoffMs = Math.min(DELAY_CAP_MS, FIRST_DELAY_MS * 2 ** (attempts - 1));
    const delayMs = Math.max(outcome.retryAfterMs ?? 0, backoffMs);
    const next_attempt_at = attempts < MAX_ATTEMPTS ? new Date(now.getTime() + delayMs) : null;
    await transaction.rows(alertMarkFailed, { alert_key, last_error: outcome.reason, next_attempt_at });
  });
  if (outcome.kind === 'failed') logger.log('WARNING', `an alert was not sent: ${outcome.reason}`, { title, attempts });
}
