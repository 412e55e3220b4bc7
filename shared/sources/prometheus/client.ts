import type { Effects } from '../../effects/effects.ts';
import type { Incomplete, IncompleteReason } from '../reading.ts';
import { type MatrixSeries, type QueryResponse, queryResponseSchema, type VectorSample } from './response.ts';

/** Where a Prometheus (or anything that speaks its API) answers, from the deployment's configuration. */
export interface PrometheusEndpoint {
  /** Up to, without, `/api/v1/query`. */
  readonly url: string;
  /** Headers for each request, such as a fresh bearer token. */
  readonly headers?: () => Promise<Readonly<Record<string, string>>>;
  /** For the whole request, connection to last byte. */
  readonly timeoutMs: number;
  /** A longer answer is refused. */
  readonly maximumBodyBytes: number;
}

export const DEFAULT_MAXIMUM_BODY_BYTES = 64 * 1024 * 1024;

export type QueryAnswer =
  | { readonly kind: 'vector'; readonly result: readonly VectorSample[]; readonly infos: readonly string[] }
  | { readonly kind: 'matrix'; readonly result: readonly MatrixSeries[]; readonly infos: readonly string[] }
  | Incomplete;

/** Asks for the value of a PromQL expression at an instant (milliseconds since 1970). Faults of the server are values. */
export type PrometheusQuery = (text: string, atMs: number) => Promise<QueryAnswer>;

/** A query function over HTTP. It does not retry: the caller's policy does. */
export function prometheusQuery(effects: Effects, endpoint: PrometheusEndpoint): PrometheusQuery {
  return (text, atMs) =>
    effects.perform({ kind: 'http', name: 'prometheus POST /api/v1/query' }, async () => {
      const body = await post(endpoint, text, atMs);
      return body.kind === 'body' ? understand(body.status, body.text) : body;
    });
}

function incomplete(reason: IncompleteReason, detail: string): Incomplete {
  return { kind: 'incomplete', reason, detail };
}

/** Seconds with three decimals: Prometheus keeps milliseconds. */
export function secondsText(atMs: number): string {
  return `${Math.floor(atMs / 1_000)}.${String(atMs % 1_000).padStart(3, '0')}`;
}

async function post(
  endpoint: PrometheusEndpoint,
  text: string,
  atMs: number,
): Promise<{ readonly kind: 'body'; readonly status: number; readonly text: string } | Incomplete> {
  const url = `${endpoint.url.replace(/\/+$/, '')}/api/v1/query`;
  let response: Response | undefined;
  try {
    response = await fetch(url, {
      method: 'POST',
      headers: { ...(await endpoint.headers?.()), 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ query: text, time: secondsText(atMs) }).toString(),
      redirect: 'error',
      signal: AbortSignal.timeout(endpoint.timeoutMs),
    });
    const body = await readAtMost(response, endpoint.maximumBodyBytes);
    if (body === undefined) {
      const advice = 'narrow the selector, or raise the limit on the size of an answer';
      return incomplete(
        'response_too_large',
        `${url} answered with more than ${endpoint.maximumBodyBytes} bytes: ${advice}`,
      );
    }
    return { kind: 'body', status: response.status, text: body };
  } catch (error) {
    return describeFailure(url, endpoint.timeoutMs, response !== undefined, error);
  }
}

/** The body as text; undefined when it is longer than the limit. Throws when the connection breaks. */
async function readAtMost(response: Response, maximumBytes: number): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of response.body ?? []) {
    length += chunk.byteLength;
    if (length > maximumBytes) return undefined;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function describeFailure(url: string, timeoutMs: number, begun: boolean, error: unknown): Incomplete {
  const name = error instanceof Error ? error.name : '';
  if (name === 'TimeoutError') {
    const advice = 'see whether the server is overloaded, then run the day again';
    return incomplete('source_timeout', `${url} did not answer within ${timeoutMs} ms: ${advice}`);
  }
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const text = cause instanceof Error ? cause.message || cause.name : String(cause);
  return begun
    ? incomplete('malformed_response', `the answer of ${url} broke off (${text}); run the day again`)
    : incomplete(
        'source_unreachable',
        `${url} cannot be reached (${text}); check that it runs and that its address is right`,
      );
}

function understand(status: number, text: string): QueryAnswer {
  const parsed = parseBody(text);
  if (parsed === undefined) {
    const shown = text.slice(0, 120).replace(/\s+/g, ' ').trim();
    return status >= 400
      ? incomplete(
          'source_error',
          `Prometheus answered with HTTP ${status}: ${shown}; see its log, then run the day again`,
        )
      : incomplete('malformed_response', `the answer is not that of a Prometheus query (${shown}…); run the day again`);
  }
  if (parsed.status === 'error') {
    return incomplete(
      'source_error',
      `Prometheus refused the query (${parsed.errorType}): ${parsed.error}; correct the source or its server`,
    );
  }
  if (status >= 400)
    return incomplete('source_error', `Prometheus answered with HTTP ${status} and a result; see its log`);
  if (parsed.warnings.length > 0) {
    const advice = 'part of the data may be missing; run the day again when the server is whole';
    return incomplete('source_warning', `Prometheus warned: ${parsed.warnings.join('; ')}. ${advice}`);
  }
  switch (parsed.data.resultType) {
    case 'vector':
      return { kind: 'vector', result: parsed.data.result, infos: parsed.infos };
    case 'matrix':
      return { kind: 'matrix', result: parsed.data.result, infos: parsed.infos };
    default:
      return parsed.data satisfies never;
  }
}

function parseBody(text: string): QueryResponse | undefined {
  try {
    const result = queryResponseSchema.safeParse(JSON.parse(text));
    return result.success ? result.data : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
