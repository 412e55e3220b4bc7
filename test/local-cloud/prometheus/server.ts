import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { z } from 'zod';
import { evaluate, type QueryData, type StoredSeries } from './evaluate.ts';
import { parseQuery, type Query } from './query.ts';

export type PrometheusFault =
  /** The connection is dropped without an answer. */
  | 'dropped'
  /** 503 without a body that is JSON, as a proxy answers. */
  | 'unavailable'
  /** 422 with Prometheus' own error. */
  | 'error'
  /** 200 with a warning beside the result. */
  | 'warning'
  /** 200 whose last third is missing. */
  | 'truncated'
  /** No answer until the client gives up. */
  | 'slow'
  /** The first figure is NaN. */
  | 'nan'
  /** The first figure is +Inf. */
  | 'infinite'
  /** The first figure is negative. */
  | 'negative'
  /** 200 whose last third never comes, until the client gives up. */
  | 'stalled'
  /** The first series comes twice. */
  | 'repeated'
  /** 200 without any series. */
  | 'empty';

/** Which requests go wrong: those of a region and a day, as many as said. */
export interface PlannedFault {
  readonly fault: PrometheusFault;
  /** The value of the query's `region` matcher; any when absent. */
  readonly region?: string;
  /** `YYYY-MM-DD`, the UTC day of the instant that is asked for; any when absent. */
  readonly day?: string;
  /** How many requests that fit go well first; none when absent. */
  readonly skip?: number;
  /** How many requests go wrong then; all until `mend` when absent. */
  readonly requests?: number;
}

const requestForm = z.object({ query: z.string(), time: z.coerce.number() });

/** A small server that speaks the query part of Prometheus' HTTP API over series that it is given. */
export class PrometheusStandIn {
  readonly server: Server;
  private readonly series: readonly StoredSeries[];
  private readonly faults: { planned: PlannedFault; skip: number; left: number }[] = [];

  constructor(series: readonly StoredSeries[]) {
    this.series = series;
    this.server = createServer((request, response) => {
      this.answer(request, response).catch((error: unknown) =>
        response.destroy(error instanceof Error ? error : undefined),
      );
    });
  }

  /** Listens on a port of this machine, 0 for any; returns the address to query. */
  async listen(port = 0): Promise<string> {
    this.server.listen(port, '127.0.0.1');
    await once(this.server, 'listening');
    const address = this.server.address();
    if (address === null || typeof address === 'string') throw new Error('the server has no port');
    return `http://127.0.0.1:${address.port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  /** Plans a fault; the first that fits a request is taken. */
  fail(planned: PlannedFault): void {
    this.faults.push({ planned, skip: planned.skip ?? 0, left: planned.requests ?? Number.POSITIVE_INFINITY });
  }

  failNext(fault: PrometheusFault): void {
    this.fail({ fault, requests: 1 });
  }

  mend(): void {
    this.faults.length = 0;
  }

  private async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://localhost');
    if (url.pathname === '/-/ready') return send(response, 200, 'text/plain', 'Prometheus Server is Ready.\n');
    if (url.pathname !== '/api/v1/query') return send(response, 404, 'text/plain', 'not found\n');
    const fields = request.method === 'POST' ? new URLSearchParams(await bodyOf(request)) : url.searchParams;
    const form = requestForm.safeParse(Object.fromEntries(fields));
    if (!form.success) return sendError(response, 400, 'bad_data', 'invalid parameter "query" or "time"');
    const query = parseQuery(form.data.query);
    if (typeof query === 'string') return sendError(response, 400, 'bad_data', `invalid parameter "query": ${query}`);
    const atMs = Math.round(form.data.time * 1_000);
    const fault = this.takeFault(query, atMs);
    respond(response, fault, () => evaluate(this.series, query, atMs));
  }

  private takeFault(query: Query, atMs: number): PrometheusFault | undefined {
    const region = query.matchers.find(({ label }) => label === 'region')?.value;
    const day = new Date(atMs).toISOString().slice(0, 10);
    const found = this.faults.find(
      ({ planned, left }) => left > 0 && (planned.region ?? region) === region && (planned.day ?? day) === day,
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

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(Buffer.from(chunk));
  return Buffer.concat(chunks).toString('utf8');
}

function send(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'content-length': Buffer.byteLength(body) }).end(body);
}

function sendError(response: ServerResponse, status: number, errorType: string, error: string): void {
  send(response, status, 'application/json', JSON.stringify({ status: 'error', errorType, error }));
}

function sendData(response: ServerResponse, data: QueryData, warnings: readonly string[] = []): void {
  const body = warnings.length === 0 ? { status: 'success', data } : { status: 'success', data, warnings };
  send(response, 200, 'application/json', JSON.stringify(body));
}

function respond(response: ServerResponse, fault: PrometheusFault | undefined, data: () => QueryData): void {
  switch (fault) {
    case undefined:
      sendData(response, data());
      break;
    case 'dropped':
      response.destroy();
      break;
    case 'unavailable':
      send(response, 503, 'text/plain', 'Service Unavailable\n');
      break;
    case 'error':
      sendError(response, 422, 'execution', 'query processing would load too many samples into memory');
      break;
    case 'warning':
      sendData(response, data(), ['could not read from one of the remote storages']);
      break;
    case 'truncated': {
      const body = JSON.stringify({ status: 'success', data: data() });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.write(body.slice(0, Math.floor((2 * body.length) / 3)), () => response.destroy());
      break;
    }
    case 'stalled': {
      const body = JSON.stringify({ status: 'success', data: data() });
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) });
      response.write(body.slice(0, Math.floor((2 * body.length) / 3)));
      break;
    }
    case 'repeated':
      sendData(response, withRepeat(data()));
      break;
    case 'empty':
      sendData(response, { ...data(), result: [] });
      break;
    case 'slow':
      break;
    case 'nan':
      sendData(response, withFirst(data(), 'NaN'));
      break;
    case 'infinite':
      sendData(response, withFirst(data(), '+Inf'));
      break;
    case 'negative':
      sendData(response, withFirst(data(), '-1'));
      break;
    default:
      fault satisfies never;
  }
}

function withRepeat(data: QueryData): QueryData {
  return { ...data, result: [...data.result.slice(0, 1), ...data.result] } as QueryData;
}

function withFirst(data: QueryData, text: string): QueryData {
  const [first] = data.result;
  if (first === undefined) return data;
  if ('value' in first) first.value[1] = text;
  else if (first.values[0] !== undefined) first.values[0][1] = text;
  return data;
}
