import type { z } from 'zod';
import { digest } from '../canonical/canonical-json.ts';
import { BODY_DIGEST_HEADER, CommittedBytesDiffer, type StripeClient } from './client.ts';
import { decodeForm } from './form.ts';
import { classifyStripeError, type StripeOutcome } from './outcome.ts';
import type { StripeRequest } from './request.ts';

function replayedOf(answer: object): boolean {
  if (!('lastResponse' in answer) || !(answer.lastResponse instanceof Response)) return false;
  return answer.lastResponse.headers.get('idempotent-replayed') === 'true';
}

function readAnswer<T>(answer: unknown, schema: z.ZodType<T>): StripeOutcome<T> {
  const parsed = schema.safeParse(answer);
  if (!parsed.success) return { kind: 'unknown', reason: 'unreadable_answer' };
  return {
    kind: 'ok',
    object: parsed.data,
    replayed: typeof answer === 'object' && answer !== null && replayedOf(answer),
  };
}

async function outcomeOf<T>(
  client: StripeClient,
  call: Promise<unknown>,
  schema: z.ZodType<T>,
): Promise<StripeOutcome<T>> {
  try {
    return readAnswer(await call, schema);
  } catch (error) {
    if (!(error instanceof client.StripeError)) throw error;
    if (error.detail instanceof CommittedBytesDiffer) throw error.detail;
    return classifyStripeError(error);
  }
}

/**
 * Sends one committed request: its bytes, under its key, once. The bytes are checked against the committed digest at
 * the seam. Failures of Stripe and of the network are outcomes; only a request that was changed after it was
 * committed throws.
 */
export function sendRequest<T>(
  client: StripeClient,
  request: StripeRequest,
  schema: z.ZodType<T>,
): Promise<StripeOutcome<T>> {
  if (digest(request.body) !== request.bodyDigest || request.path.includes('{')) {
    throw new CommittedBytesDiffer(
      `Step ${request.step} was not sent to Stripe: its body does not have the committed digest, or it has no invoice id yet.`,
    );
  }
  const parameters = request.method === 'POST' ? decodeForm(request.body) : {};
  const call: Promise<unknown> = client.sdk.rawRequest(request.method, request.path, parameters, {
    idempotencyKey: request.idempotencyKey,
    additionalHeaders: { [BODY_DIGEST_HEADER]: request.bodyDigest },
  });
  return outcomeOf(client, call, schema);
}

/** Reads from Stripe. `path` carries the encoded query, if any. */
export function readFromStripe<T>(client: StripeClient, path: string, schema: z.ZodType<T>): Promise<StripeOutcome<T>> {
  const call: Promise<unknown> = client.sdk.rawRequest('GET', path);
  return outcomeOf(client, call, schema);
}
