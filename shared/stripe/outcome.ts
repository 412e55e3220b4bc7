import type Stripe from 'stripe';
import { CallNotSent } from './pace.ts';

/** What came of one call to Stripe. */
export type StripeOutcome<T> =
  /** Stripe answered. `replayed` when the answer is the stored one of an earlier call with the same key. */
  { readonly kind: 'ok'; readonly object: T; readonly replayed: boolean } | StripeFailure;

export type StripeFailure =
  /** Send the same request again, with the same key, after a while. `retryAfterMs` is Stripe's wish, if it has one. */
  | { readonly kind: 'retryable'; readonly reason: RetryableReason; readonly retryAfterMs: number | null }
  /** Stripe will not do it, now or later: a person must look. */
  | {
      readonly kind: 'refused';
      readonly reason: RefusedReason;
      readonly code: string | null;
      readonly parameter: string | null;
      readonly message: string;
    }
  /**
   * The key was used with another body, by this obligation or before a correction of it. Nothing was done. Look the
   * object up and compare; when it is absent, go on with `withReplacementKey`.
   */
  | { readonly kind: 'conflict'; readonly reason: 'key_reused_with_another_body'; readonly message: string }
  /** Whether it was done cannot be told from here. Look it up before anything else is sent. */
  | { readonly kind: 'unknown'; readonly reason: UnknownReason };

export type RetryableReason =
  | 'rate_limited'
  | 'key_in_use'
  | 'server_error'
  | 'unreachable'
  /** An error that Stripe itself says may pass: `Stripe-Should-Retry`. */
  | 'asked_to_retry';
export type RefusedReason = 'invalid_request' | 'not_found' | 'not_authorised' | 'payment_failed';
export type UnknownReason =
  | 'timeout'
  | 'connection_lost'
  /** An answer that is cut short, is not JSON, or is not of the expected form. */
  | 'unreadable_answer'
  /** A 500 that Stripe has stored under the key and repeats for 24 hours; see `withReplacementKey`. */
  | 'stored_server_error';

type StripeError = InstanceType<typeof Stripe.errors.StripeError>;

/** Codes of connections that were never made: nothing can have reached Stripe. */
const NEVER_SENT = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EHOSTUNREACH',
  'UND_ERR_CONNECT_TIMEOUT',
]);
const MESSAGE_LENGTH = 300;

/** The chain of causes of an error, with itself; network errors wear the telling code somewhere inside. */
function causesOf(error: unknown): readonly unknown[] {
  const causes: unknown[] = [];
  for (let at: unknown = error; at instanceof Error && causes.length < 10; at = at.cause) causes.push(at);
  return causes;
}

/** The codes along the chain of causes of an error. */
function codesOf(error: unknown): readonly string[] {
  return causesOf(error).flatMap((cause) =>
    cause instanceof Error && 'code' in cause && typeof cause.code === 'string' ? [cause.code] : [],
  );
}

function classifyConnection(error: StripeError): StripeFailure {
  const notSent = causesOf(error.detail).find((cause) => cause instanceof CallNotSent);
  if (notSent !== undefined) return { kind: 'retryable', reason: 'rate_limited', retryAfterMs: notSent.retryAfterMs };
  const codes = codesOf(error.detail);
  if (codes.some((code) => NEVER_SENT.has(code)))
    return { kind: 'retryable', reason: 'unreachable', retryAfterMs: null };
  return { kind: 'unknown', reason: codes.includes('ETIMEDOUT') ? 'timeout' : 'connection_lost' };
}

/** `Retry-After` in seconds, as milliseconds; null when absent or not a plain number of seconds up to a day. */
function retryAfterMs(error: StripeError): number | null {
  const text = error.headers?.['retry-after'] ?? '';
  if (!/^\d{1,5}$/.test(text)) return null;
  return Math.min(Number.parseInt(text, 10), 86_400) * 1000;
}

function refused(error: StripeError, reason: RefusedReason): StripeFailure {
  const message = error.message.replace(/\b[sr]k_\w+/g, 'sk_…').slice(0, MESSAGE_LENGTH);
  return { kind: 'refused', reason, code: error.code ?? null, parameter: error.param ?? null, message };
}

function classifyAnswer(error: StripeError, status: number): StripeFailure {
  if (status === 429) return { kind: 'retryable', reason: 'rate_limited', retryAfterMs: retryAfterMs(error) };
  if (status === 409) return { kind: 'retryable', reason: 'key_in_use', retryAfterMs: retryAfterMs(error) };
  if (status >= 500) {
    return error.headers?.['idempotent-replayed'] === 'true'
      ? { kind: 'unknown', reason: 'stored_server_error' }
      : { kind: 'retryable', reason: 'server_error', retryAfterMs: retryAfterMs(error) };
  }
  if (error.rawType === 'idempotency_error') {
    return {
      kind: 'conflict',
      reason: 'key_reused_with_another_body',
      message: error.message.slice(0, MESSAGE_LENGTH),
    };
  }
  if (error.headers?.['stripe-should-retry'] === 'true')
    return { kind: 'retryable', reason: 'asked_to_retry', retryAfterMs: retryAfterMs(error) };
  if (status === 401 || status === 403) return refused(error, 'not_authorised');
  if (status === 402) return refused(error, 'payment_failed');
  return refused(error, status === 404 ? 'not_found' : 'invalid_request');
}

/** Says what an error of Stripe's client means for the caller. */
export function classifyStripeError(error: StripeError): StripeFailure {
  if (error.type === 'StripeConnectionError') return classifyConnection(error);
  if (error.statusCode === undefined) return { kind: 'unknown', reason: 'unreadable_answer' };
  return classifyAnswer(error, error.statusCode);
}
