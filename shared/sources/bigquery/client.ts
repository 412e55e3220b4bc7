import type { BigQuery } from '@google-cloud/bigquery';

/** Where BigQuery answers, from the deployment's configuration. */
export interface BigQueryEndpoint {
  /** The project that jobs run in and are billed to. */
  readonly projectId: string;
  /** Another address than Google's, such as an emulator's; it is called without credentials. */
  readonly apiEndpoint?: string;
  /** For each request; above the ten seconds for which BigQuery may hold a request for results. */
  readonly timeoutMs: number;
}

/** Google's client, loaded when it is first used. It makes no retries: the caller's policy does. */
export function bigQueryConnection(endpoint: BigQueryEndpoint): () => Promise<BigQuery> {
  let client: Promise<BigQuery> | undefined;
  return () => {
    client ??= connect(endpoint);
    return client;
  };
}

async function connect({ projectId, apiEndpoint, timeoutMs }: BigQueryEndpoint): Promise<BigQuery> {
  const { BigQuery: Client } = await import('@google-cloud/bigquery');
  const options = { projectId, timeout: timeoutMs, retryOptions: { autoRetry: false } };
  if (apiEndpoint === undefined) return new Client(options);
  const { OAuth2Client } = await import('google-auth-library');
  const authClient = new OAuth2Client({ credentials: { access_token: 'none', expiry_date: Number.MAX_SAFE_INTEGER } });
  return new Client({ ...options, apiEndpoint, authClient });
}

/** What ends a call that took longer than the client's `timeout`. */
export class RequestTimeout extends Error {}

/**
 * Bounds a call of the client in time: the client passes its `timeout` on to a library that passes over it. A call that
 * is given up may still take effect at BigQuery, as after any lost answer.
 */
export async function withinTimeout<T>(client: BigQuery, call: () => Promise<T>): Promise<T> {
  const { timeout } = client;
  if (timeout === undefined) return call();
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new RequestTimeout(`no answer within ${timeout} ms`)), timeout);
  try {
    return await Promise.race([call(), late]);
  } finally {
    clearTimeout(timer);
  }
}
