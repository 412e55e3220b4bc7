import type Stripe from 'stripe';
import { digest } from '../canonical/canonical-json.ts';
import type { Effects } from '../effects/effects.ts';
import { type StripePace, stopOf } from './pace.ts';

/** The API version that requests and answers are in, whatever the account's own default is. */
export const STRIPE_API_VERSION = '2026-10-28.endive';

export interface StripeConfiguration {
  /** Origin of the API: `https://api.stripe.com`, or of a stand-in. */
  readonly apiBase: string;
  readonly secretKey: string;
  /** Time for one call including its answer, in milliseconds, counted from when it leaves. */
  readonly timeoutMs: number;
}

/** Stripe's own Node client, behind the seam. */
export interface StripeClient {
  readonly sdk: Stripe;
  /** Stripe's error class, to tell its answers from failures of our own. */
  readonly StripeError: typeof Stripe.errors.StripeError;
}

/** A write was about to leave with other bytes than those that were committed. It did not leave. */
export class CommittedBytesDiffer extends Error {
  override readonly name = 'CommittedBytesDiffer';
}

/** Carries the digest of the committed body to the seam. It is taken off there and never sent. */
export const BODY_DIGEST_HEADER = 'Daybook-Body-Digest';

/** `POST /v1/invoices/:id/add_lines`: the same for every invoice, so that a simulation can count it. */
function effectName(method: string, path: string): string {
  const segments = path.split('/').map((segment, index) => (index === 3 ? ':id' : segment));
  return `${method} ${segments.join('/')}`;
}

function checkBytes(method: string, headers: Headers, body: string): void {
  const expected = headers.get(BODY_DIGEST_HEADER);
  headers.delete(BODY_DIGEST_HEADER);
  if (method === 'GET' || expected === digest(body)) return;
  throw new CommittedBytesDiffer(
    `A ${method} to Stripe was stopped: its body is not the one that was committed for it. Send it with sendRequest.`,
  );
}

/**
 * Stripe's client repeats a request by itself when an error carries the code of a closed connection, even with retries
 * off. Retries belong to one layer, which is not this one, so the code is kept from it.
 */
function withoutCode(error: unknown): unknown {
  if (error instanceof Error && 'code' in error && error.code !== TIMED_OUT) {
    return new Error(error.message, { cause: error });
  }
  return error;
}

/** The code that Stripe's client gives to a call that took too long. */
const TIMED_OUT = 'ETIMEDOUT';

function asTimeout(error: unknown): unknown {
  if (!(error instanceof Error) || error.name !== 'TimeoutError') return error;
  return Object.assign(new Error('Stripe gave no answer in time', { cause: error }), { code: TIMED_OUT });
}

/**
 * `fetch` through the seam, where every call to Stripe leaves: when its turn has come, one effect is the whole exchange,
 * answer included. Whatever is to be known of all calls is known here: endpoint, waiting, duration, status.
 */
function fetchThrough(effects: Effects, pace: StripePace, timeoutMs: number): typeof fetch {
  return async (input, init = {}) => {
    const url = input instanceof Request ? input.url : input.toString();
    const method = init.method ?? 'GET';
    const headers = new Headers(init.headers);
    checkBytes(method, headers, typeof init.body === 'string' ? init.body : '');
    const endpoint = effectName(method, new URL(url).pathname);
    const exchange = async (): Promise<Response> => {
      const signal = AbortSignal.timeout(timeoutMs);
      const response = await fetch(url, { ...init, headers, redirect: 'error', signal });
      return new Response(await response.text(), { status: response.status, headers: response.headers });
    };
    await pace.take(endpoint);
    let response: Response;
    try {
      response = await effects.perform({ kind: 'http', name: endpoint }, exchange);
    } catch (error) {
      throw withoutCode(asTimeout(error));
    }
    if (response.status === 429) {
      const { scope, durationMs } = stopOf(response.headers);
      await pace.stop(endpoint, scope, durationMs);
    }
    return response;
  };
}

function parseApiBase(apiBase: string): { host: string; port: string; protocol: 'http' | 'https' } {
  const url = URL.parse(apiBase);
  if (url === null || !['http:', 'https:'].includes(url.protocol) || url.pathname !== '/' || url.search !== '') {
    throw new RangeError('The Stripe API base must be an origin like https://api.stripe.com; check the configuration');
  }
  const protocol = url.protocol === 'http:' ? 'http' : 'https';
  return { host: url.hostname, port: url.port || (protocol === 'http' ? '80' : '443'), protocol };
}

/** Stripe's client counts the wait for a turn too; the time of a call is kept at the seam, so that this is never met. */
const NEVER_MS = 600_000;

/**
 * Opens Stripe's client with our version, no retries and no telemetry. The library is loaded only here, so that
 * functions that never call Stripe do not load it. Throws RangeError when `apiBase` is not an origin.
 */
export async function openStripeClient(
  configuration: StripeConfiguration,
  effects: Effects,
  pace: StripePace,
): Promise<StripeClient> {
  const origin = parseApiBase(configuration.apiBase);
  const { Stripe: StripeLibrary } = await import('stripe');
  const sdk = new StripeLibrary(configuration.secretKey, {
    ...origin,
    apiVersion: STRIPE_API_VERSION,
    maxNetworkRetries: 0,
    timeout: NEVER_MS,
    telemetry: false,
    httpClient: StripeLibrary.createFetchHttpClient(fetchThrough(effects, pace, configuration.timeoutMs)),
  });
  return { sdk, StripeError: StripeLibrary.errors.StripeError };
}
