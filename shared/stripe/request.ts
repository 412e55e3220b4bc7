import { type Digest, digest } from '../canonical/canonical-json.ts';
import { encodeForm, type FormValue } from './form.ts';
import { replacementKey } from './obligation.ts';

/**
 * One call to Stripe, complete before it is made: commit it, then send it. `body` is the exact text of the request
 * body; `path` may hold `{invoice}` until the Stripe invoice is known.
 */
export interface StripeRequest {
  /** `create`, `add_lines:2`, `finalize`: unique among the requests of its subject. */
  readonly step: string;
  readonly method: 'POST' | 'DELETE';
  readonly path: string;
  readonly body: string;
  readonly idempotencyKey: string;
  readonly bodyDigest: Digest;
}

/** A POST whose body is the canonical form of `parameters`. */
export function postRequest(
  step: string,
  path: string,
  idempotencyKey: string,
  parameters: { readonly [name: string]: FormValue },
): StripeRequest {
  const body = encodeForm(parameters);
  return { step, method: 'POST', path, body, idempotencyKey, bodyDigest: digest(body) };
}

/** The request addressed to a Stripe invoice. Throws RangeError for an id that is not one. */
export function atInvoice(request: StripeRequest, stripeInvoiceId: string): StripeRequest {
  if (!/^in_[A-Za-z0-9_]+$/.test(stripeInvoiceId)) {
    throw new RangeError(`"${stripeInvoiceId.slice(0, 40)}" is not a Stripe invoice id (in_…)`);
  }
  return { ...request, path: request.path.replace('{invoice}', stripeInvoiceId) };
}

/** The same bytes under the key that follows a dead one; see `replacementKey` for when that is right. */
export function withReplacementKey(request: StripeRequest): StripeRequest {
  return { ...request, idempotencyKey: replacementKey(request.idempotencyKey) };
}
