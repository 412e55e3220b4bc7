import { digestOf } from '../canonical/canonical-json.ts';
import type { Effects } from '../effects/effects.ts';
import { alertMessage } from './message.ts';

export type Severity = 'information' | 'warning' | 'critical';

/** What a person on duty must know, and the command that puts it right. */
export interface Alert {
  readonly severity: Severity;
  readonly title: string;
  /** The job, region, period, customer or invoice that it is about. */
  readonly where: string;
  readonly why: string;
  /** The command to recover with: `npm run daybook -- usage rerun --region eu --day 2026-10-07`. */
  readonly recover: string;
}

export interface SlackConfiguration {
  /** The incoming webhook. It is a secret: whoever has it can post. */
  readonly webhookUrl: string;
  readonly timeoutMs: number;
}

export type AlertOutcome =
  | { readonly kind: 'sent' }
  | {
      readonly kind: 'failed';
      readonly reason: 'timeout' | 'unreachable' | 'rate_limited' | 'refused' | 'server_error';
      /** Slack's wish after too many messages, in milliseconds. */
      readonly retryAfterMs: number | null;
    };

/** What makes two alerts one: the same job, the same window of time, the same error. */
export interface AlertOccasion {
  readonly job: string;
  /** A stable name of the window: a day, a period, an hour. */
  readonly window: string;
  /** The error's stable code, without ids or times. */
  readonly error: string;
}

/** The key under which alerts are coalesced: of several with one key, only the first is sent. */
export function coalescingKey(occasion: AlertOccasion): string {
  return `alert:${digestOf([occasion.job, occasion.window, occasion.error])}`;
}

function failed(
  reason: Extract<AlertOutcome, { kind: 'failed' }>['reason'],
  retryAfterMs: number | null = null,
): AlertOutcome {
  return { kind: 'failed', reason, retryAfterMs };
}

function outcomeOfStatus(status: number, retryAfter: string | null): AlertOutcome {
  if (status === 429) {
    const seconds = retryAfter !== null && /^\d{1,5}$/.test(retryAfter) ? Number.parseInt(retryAfter, 10) : null;
    return failed('rate_limited', seconds === null ? null : seconds * 1000);
  }
  return failed(status >= 500 ? 'server_error' : 'refused');
}

function isTimeout(error: unknown): boolean {
  for (let at: unknown = error; at instanceof Error; at = at.cause) if (at.name === 'TimeoutError') return true;
  return false;
}

/**
 * Sends one alert to Slack, once. An alert never fails the work: whatever goes wrong is the outcome, without the
 * webhook's address in it. Slack takes one message a second; keeping to that, and coalescing, is the caller's part.
 */
export async function sendAlert(
  configuration: SlackConfiguration,
  effects: Effects,
  alert: Alert,
): Promise<AlertOutcome> {
  const { IncomingWebhook, IncomingWebhookHTTPError } = await import('@slack/webhook');
  let retryAfter: string | null = null;
  const webhook = new IncomingWebhook(configuration.webhookUrl, {
    timeout: configuration.timeoutMs,
    retryConfig: { retries: 0 },
    fetch: (url, init) =>
      effects.perform({ kind: 'http', name: 'POST slack webhook' }, async () => {
        const response = await fetch(url, init);
        retryAfter = response.headers.get('retry-after');
        return new Response(await response.text(), { status: response.status });
      }),
  });
  try {
    await webhook.send(alertMessage(alert));
    return { kind: 'sent' };
  } catch (error) {
    if (error instanceof IncomingWebhookHTTPError) return outcomeOfStatus(error.statusCode, retryAfter);
    return failed(isTimeout(error) ? 'timeout' : 'unreachable');
  }
}
