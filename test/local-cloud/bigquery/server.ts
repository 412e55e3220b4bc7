import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { Pool } from 'pg';
import { type Job, type JobError, jobInsertSchema, startJob } from './jobs.ts';

export type BigQueryFault =
  /** The connection is dropped without an answer. */
  | 'dropped'
  /** The job is taken, but the connection is dropped before the answer. */
  | 'dropped_after'
  /** 503, as BigQuery answers when it is overloaded. */
  | 'unavailable'
  /** The job is taken, and fails. */
  | 'job_error'
  /** The result's last third is missing. */
  | 'truncated'
  /** No answer until the client gives up. */
  | 'slow'
  /** The result's first row comes twice. */
  | 'repeated_row';

export interface PlannedFault {
  readonly fault: BigQueryFault;
  readonly call: 'insert' | 'results';
  /** The value of the query's `@region`; any when absent. */
  readonly region?: string;
  /** The value of the query's `@day`; any when absent. */
  readonly day?: string;
  /** How many requests that fit go well first; none when absent. */
  readonly skip?: number;
  /** How many requests go wrong then; all until `mend` when absent. */
  readonly requests?: number;
}

export interface BigQueryStandInOptions {
  /** Of the PostgreSQL database that holds the datasets as schemas. */
  readonly connectionString: string;
  /** Rows in one page of a result; what the request asks for when absent. */
  readonly pageRows?: number;
  /** How often a result is not ready yet when it is first asked for. */
  readonly polls?: number;
}

interface ApiError extends JobError {
  readonly code: number;
}

const INSERT = /^\/bigquery\/v2\/projects\/([^/]+)\/jobs$/;
const JOB = /^\/bigquery\/v2\/projects\/([^/]+)\/jobs\/([^/]+)$/;
const RESULTS = /^\/bigquery\/v2\/projects\/([^/]+)\/queries\/([^/]+)$/;

/** A small server that speaks the REST calls that Google's client makes for a query job. */
export class BigQueryStandIn {
  readonly server: Server;
  private readonly pool: Pool;
  private readonly options: BigQueryStandInOptions;
  private closing = false;
  private readonly jobs = new Map<string, Job>();
  private readonly faults: { planned: PlannedFault; skip: number; left: number }[] = [];

  constructor(options: BigQueryStandInOptions) {
    this.options = options;
    this.pool = new Pool({ connectionString: options.connectionString, max: 2 });
    // An idle connection that breaks is replaced; the next query says when the database is gone.
    this.pool.on('error', (error) => {
      if (!this.closing) process.emitWarning(`the stand-in for BigQuery lost a connection: ${error.message}`);
    });
    this.server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) => {
        const message = error instanceof Error ? error.message : String(error);
        sendError(response, { code: 500, reason: 'internalError', message });
      });
    });
  }

  /** Listens on a port of this machine, 0 for any; returns the address to give to the client. */
  async listen(port = 0): Promise<string> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.closing = true;
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
    await this.pool.end();
  }

  /** Plans a fault; the first that fits a request is taken. */
  fail(planned: PlannedFault): void {
    this.faults.push({ planned, skip: planned.skip ?? 0, left: planned.requests ?? Number.POSITIVE_INFINITY });
  }

  failNext(call: PlannedFault['call'], fault: BigQueryFault): void {
    this.fail({ call, fault, requests: 1 });
  }

  mend(): void {
    this.faults.length = 0;
  }

  /** The names of the jobs that were taken, in order. */
  jobIds(): string[] {
    return [...this.jobs.keys()];
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (request.method === 'POST' && INSERT.test(url.pathname)) return this.insert(request, response);
    const results = RESULTS.exec(url.pathname);
    if (request.method === 'GET' && results !== null) {
      return this.results(this.jobs.get(results[2] ?? ''), url.searchParams, response);
    }
    const job = JOB.exec(url.pathname);
    if (request.method === 'GET' && job !== null) {
      const found = this.jobs.get(job[2] ?? '');
      return found === undefined ? sendError(response, notFound()) : send(response, 200, await resourceOf(found));
    }
    return sendError(response, { code: 404, reason: 'notFound', message: `no ${request.method} ${url.pathname} here` });
  }

  private async insert(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parsed = jobInsertSchema.safeParse(JSON.parse(await bodyOf(request)));
    if (!parsed.success) return sendError(response, { code: 400, reason: 'invalid', message: parsed.error.message });
    const { jobId, projectId, location } = parsed.data.jobReference;
    if (this.jobs.has(jobId)) {
      const message = `Already Exists: Job ${projectId}:${location}.${jobId}`;
      return sendError(response, { code: 409, reason: 'duplicate', message });
    }
    const fault = this.takeFault(
      'insert',
      parsed.data.configuration.query.queryParameters.map(({ name, parameterValue }) => [name, parameterValue.value]),
    );
    if (spoil(response, fault)) return;
    const error =
      fault === 'job_error' ? { reason: 'backendError', message: 'The job encountered an error' } : undefined;
    const job = startJob(this.pool, parsed.data, error, this.options.polls ?? 0);
    this.jobs.set(jobId, job);
    if (fault === 'dropped_after') response.destroy();
    else send(response, 200, await resourceOf(job));
  }

  private async results(job: Job | undefined, fields: URLSearchParams, response: ServerResponse): Promise<void> {
    if (job === undefined || fields.get('location') !== job.insert.jobReference.location)
      return sendError(response, notFound());
    const fault = this.takeFault(
      'results',
      job.parameters.map(({ name, value }) => [name, value]),
    );
    if (spoil(response, fault)) return;
    const { jobReference } = job.insert;
    if (job.pollsLeft > 0) {
      job.pollsLeft -= 1;
      return send(response, 200, { jobReference, jobComplete: false });
    }
    const outcome = await job.outcome;
    if (outcome.kind === 'failed') return sendError(response, { code: 400, ...outcome.error });
    const from = Number(fields.get('pageToken') ?? '0');
    const to = from + (this.options.pageRows ?? Number(fields.get('maxResults') ?? '10000'));
    const rows = outcome.rows.slice(from, to).map((row) => ({ f: row.map((v) => ({ v })) }));
    if (fault === 'repeated_row' && rows[0] !== undefined) rows.unshift(rows[0]);
    const body = {
      jobReference,
      jobComplete: true,
      schema: { fields: outcome.fields },
      totalRows: String(outcome.rows.length),
      totalBytesProcessed: '0',
      rows,
      ...(to < outcome.rows.length ? { pageToken: String(to) } : {}),
    };
    if (fault === 'truncated') truncate(response, JSON.stringify(body));
    else send(response, 200, body);
  }

  private takeFault(
    call: PlannedFault['call'],
    parameters: readonly (readonly [string, string])[],
  ): BigQueryFault | undefined {
    const { region, day } = Object.fromEntries(parameters);
    const found = this.faults.find(
      ({ planned, left }) =>
        left > 0 && planned.call === call && (planned.region ?? region) === region && (planned.day ?? day) === day,
    );
    if (found === undefined) return undefined;
    if (found.skip > 0) {
      found.skip -= 1;
      return undefined;
    }
    found.left -= 1;
    return found.planned.fault;
  }
}

/** Google's client packs longer bodies. */
async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  const body = Buffer.concat(chunks);
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(body) : body).toString('utf8');
}

async function resourceOf(job: Job): Promise<object> {
  const outcome = await job.outcome;
  const status = outcome.kind === 'failed' ? { state: 'DONE', errorResult: outcome.error } : { state: 'DONE' };
  return {
    kind: 'bigquery#job',
    jobReference: job.insert.jobReference,
    configuration: job.insert.configuration,
    status,
  };
}

function notFound(): ApiError {
  return { code: 404, reason: 'notFound', message: 'Not found: Job' };
}

function send(response: ServerResponse, status: number, body: object): void {
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
}

/** An error in the form of Google's APIs. */
function sendError(response: ServerResponse, { code, reason, message }: ApiError): void {
  send(response, code, { error: { code, message, errors: [{ message, domain: 'global', reason }] } });
}

function truncate(response: ServerResponse, text: string): void {
  response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) });
  response.write(text.slice(0, Math.floor((2 * text.length) / 3)), () => response.destroy());
}

/** Answers for the faults that need no job; false when the request is to go on. */
function spoil(response: ServerResponse, fault: BigQueryFault | undefined): boolean {
  switch (fault) {
    case 'dropped':
      response.destroy();
      return true;
    case 'unavailable':
      sendError(response, { code: 503, reason: 'backendError', message: 'Service unavailable' });
      return true;
    case 'slow':
      return true;
    case 'dropped_after':
    case 'job_error':
    case 'truncated':
    case 'repeated_row':
    case undefined:
      return false;
    default:
      return fault satisfies never;
  }
}
