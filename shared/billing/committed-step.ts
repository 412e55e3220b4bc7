import type { z } from 'zod';
import type { StripeClient } from '../stripe/client.ts';
import type { StripeFailure, StripeOutcome } from '../stripe/outcome.ts';
import { type StripeRequest, withReplacementKey } from '../stripe/request.ts';
import { sendRequest } from '../stripe/send.ts';

/** A request as it was committed. `sentBefore` when it may have been sent: then Stripe is asked what is there first. */
export interface CommittedRequest {
  readonly request: StripeRequest;
  readonly sentBefore: boolean;
}

/** Why a step did not come about. */
export interface StepFailed {
  readonly kind: 'failed';
  readonly reason: string;
  readonly detail: string;
  /** How long Stripe asks to wait before another attempt, in milliseconds. */
  readonly retryAfterMs?: number;
}

export type StepOutcome<T> = { readonly kind: 'done'; readonly object: T } | StepFailed;

/** What an earlier attempt, another worker or Stripe itself has done of a step already. */
export type Found<T> = StepOutcome<T> | { readonly kind: 'absent' };

/** Where the requests of a subject are kept: an invoice's, a customer's. */
export interface RequestLedger<T> {
  /** Keeps Stripe's answer, once. */
  keepAnswer(request: Pick<StripeRequest, 'step'>, object: T): Promise<void>;
  /** Keeps another key for the same bytes, before it is used. False when the request was put aside: nothing may be sent. */
  keepKey(request: StripeRequest, why: string): Promise<boolean>;
}

/** How many dead keys one attempt passes: another attempt goes on from the key that was kept last. */
const KEYS_PER_ATTEMPT = 3;

/**
 * One step: looks up what is there if the request may have been sent before, sends it otherwise, and keeps the answer.
 * When the answer does not say that it was done, Stripe is looked at again: another worker may have done it. Under a key
 * that can bring nothing any more the bytes go once again under the next key. `lookUp` gets the object of a replayed
 * answer, which it reads by its id: a list may not show yet what was made a moment ago.
 */
export async function takeStep<T>(
  client: StripeClient,
  ledger: RequestLedger<T>,
  step: CommittedRequest,
  schema: z.ZodType<T>,
  lookUp: (replayed: T | null) => Promise<Found<T>>,
): Promise<StepOutcome<T>> {
  let { request } = step;
  const keep = async (object: T): Promise<StepOutcome<T>> => {
    await ledger.keepAnswer(request, object);
    return { kind: 'done', object };
  };
  if (step.sentBefore) {
    const found = await lookUp(null);
    if (found.kind === 'done') return keep(found.object);
    if (found.kind === 'failed') return found;
  }
  for (let key = 1; key <= KEYS_PER_ATTEMPT; key += 1) {
    const outcome = await sendRequest(client, request, schema);
    const dead = deadKey(outcome, step.sentBefore && key === 1);
    // A refused step may have been done by another worker; a replayed answer may speak of what was deleted since.
    if (dead !== null || outcome.kind === 'refused') {
      const found = await lookUp(outcome.kind === 'ok' ? outcome.object : null);
      if (found.kind === 'done') return keep(found.object);
      if (found.kind === 'failed') return found;
    }
    if (dead === null) return outcome.kind === 'ok' ? keep(outcome.object) : failureOf(outcome, request.step);
    request = withReplacementKey(request);
    if (!(await ledger.keepKey(request, dead))) {
      const detail = `the request ${request.step} was put aside while it was sent: the invoice is void`;
      return { kind: 'failed', reason: 'request_put_aside', detail };
    }
  }
  const detail = `Stripe answered ${request.step} under ${KEYS_PER_ATTEMPT} keys with what it had stored; the next attempt goes on with another`;
  return { kind: 'failed', reason: 'stripe_stored_answers', detail };
}

/** Why the request's key can bring nothing any more, although nothing was done; null when it can. */
function deadKey(outcome: StripeOutcome<unknown>, sentBefore: boolean): string | null {
  switch (outcome.kind) {
    case 'unknown':
      return outcome.reason === 'stored_server_error' ? 'Stripe has stored a server error under the old key' : null;
    case 'conflict':
      return 'Stripe knows the old key with another body';
    case 'refused':
      // The refusal may be the stored one of an earlier attempt, whose cause is gone by now.
      return sentBefore && outcome.reason !== 'not_authorised' ? 'Stripe has stored a refusal under the old key' : null;
    case 'ok':
      return outcome.replayed ? 'Stripe has stored an answer under the old key that may speak of what is gone' : null;
    case 'retryable':
      return null;
    default:
      return outcome satisfies never;
  }
}

/** A failure of Stripe in words for people. `doing` names what was tried. */
export function failureOf(outcome: StripeFailure, doing: string): StepFailed {
  switch (outcome.kind) {
    case 'retryable':
      return {
        kind: 'failed',
        reason: `stripe_${outcome.reason}`,
        detail: `Stripe could not be asked while ${doing}; it is tried again`,
        ...(outcome.retryAfterMs === null ? {} : { retryAfterMs: outcome.retryAfterMs }),
      };
    case 'unknown':
      return {
        kind: 'failed',
        reason: `stripe_${outcome.reason}`,
        detail: `Stripe's answer was lost while ${doing}; it is looked up at the next attempt`,
      };
    case 'refused':
      return {
        kind: 'failed',
        reason: `stripe_${outcome.reason}`,
        detail: `Stripe refused ${doing}: ${outcome.message}`,
      };
    case 'conflict':
      return { kind: 'failed', reason: outcome.reason, detail: `Stripe refused ${doing}: ${outcome.message}` };
    default:
      return outcome satisfies never;
  }
}
