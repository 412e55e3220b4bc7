import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { HttpFunction, Request, Response } from '@google-cloud/functions-framework';
import { ConfigurationError } from '../shared/configuration/configuration.ts';
import type { Logger } from '../shared/logging/logger.ts';

/** A request as handlers see it, free of the web framework. */
export interface HttpRequest {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  /** Header names in lower case. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** The body as the framework parsed it: JSON as a value, anything else as it came. */
  readonly body: unknown;
  /** The exact bytes, for signatures. */
  readonly rawBody: Buffer;
}

export interface HttpReply {
  readonly status: number;
  readonly contentType?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Text is sent as it is, an async iterable of texts part by part as the caller takes them; anything else as JSON. */
  readonly body?: unknown;
}

export type HttpHandler = (request: HttpRequest) => Promise<HttpReply>;

/** What is around each call of a function: its trace. */
export type Around = (request: HttpRequest, work: () => Promise<HttpReply>) => Promise<HttpReply>;

/** Puts a handler behind the framework. A handler that throws answers 500, so that the caller tries again. */
export function serve(
  name: string,
  logger: () => Logger,
  open: () => Promise<HttpHandler>,
  around: Around = (_request, work) => work(),
): HttpFunction {
  let opening: Promise<HttpHandler> | undefined;
  const answer = async (request: HttpRequest): Promise<HttpReply> => {
    try {
      opening ??= open();
      const handler = await opening;
      return await handler(request);
    } catch (error) {
      // The next request opens again: a fault of the environment may have been mended.
      if (error instanceof ConfigurationError) opening = undefined;
      report(name, logger, error);
      const message = error instanceof ConfigurationError ? error.message : `${name} failed; its log says why`;
      return { status: 500, body: { error: message } };
    }
  };
  return async (request: Request, response: Response) => {
    const asked = toHttpRequest(request);
    await send(response, await around(asked, () => answer(asked))).catch((error: unknown) => {
      // A download that fails after its first part is cut off, so that nobody takes it for whole.
      report(name, logger, error);
      response.destroy();
    });
  };
}

function report(name: string, logger: () => Logger, error: unknown): void {
  const fields = { function: name, error: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  if (error instanceof ConfigurationError) process.stderr.write(`${error.message}\n`);
  else logger().log('ERROR', `${name} failed`, fields);
}

function toHttpRequest(request: Request): HttpRequest {
  // A path that begins with two slashes would be read as another host.
  const url = new URL(request.url.replace(/^\/+/, '/'), 'http://function.invalid');
  const headers = Object.fromEntries(
    Object.entries(request.headers).map(([header, value]) => [header, Array.isArray(value) ? value.join(', ') : value]),
  );
  return {
    method: request.method,
    path: url.pathname,
    query: url.searchParams,
    headers,
    body: request.body,
    rawBody: request.rawBody ?? Buffer.alloc(0),
  };
}

async function send(response: Response, reply: HttpReply): Promise<void> {
  response.status(reply.status);
  for (const [name, value] of Object.entries(reply.headers ?? {})) response.set(name, value);
  if (reply.body === undefined) response.end();
  else if (typeof reply.body === 'string' || Buffer.isBuffer(reply.body))
    response.type(reply.contentType ?? 'text/plain').send(reply.body);
  else if (isParts(reply.body)) {
    response.type(reply.contentType ?? 'text/plain');
    await pipeline(Readable.from(reply.body), response);
  } else response.json(reply.body);
}

function isParts(body: unknown): body is AsyncIterable<string> {
  return typeof body === 'object' && body !== null && Symbol.asyncIterator in body;
}
