import { appendFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import { close, listen } from '../stack/listen.ts';

/** What receives traces in the local cloud. */
export interface TraceReceiver {
  /** Address for OTEL_EXPORTER_OTLP_ENDPOINT. */
  readonly url: string;
  close(): Promise<void>;
}

const MAX_BODY_BYTES = 4_000_000;

/**
 * Takes OTLP/HTTP in JSON and hands each request on as one line: the form that OpenTelemetry's collector keeps files in.
 * https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/
 */
export async function startTraceReceiver(keep: (line: string) => void): Promise<TraceReceiver> {
  const server = createServer((request, response) => {
    take(request, keep).then(
      (status) => response.writeHead(status, { 'content-type': 'application/json' }).end('{}'),
      (error: unknown) => response.writeHead(400).end(String(error)),
    );
  });
  const port = await listen(server, 0);
  return { url: `http://127.0.0.1:${port}`, close: () => close(server) };
}

/** Keeps what is received in a file, one request a line. */
export function startTraceFile(path: string): Promise<TraceReceiver> {
  return startTraceReceiver((line) => appendFileSync(path, line));
}

async function take(request: IncomingMessage, keep: (line: string) => void): Promise<number> {
  if (request.method !== 'POST' || request.url !== '/v1/traces') return 404;
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.byteLength;
    if (size > MAX_BODY_BYTES) return 413;
    chunks.push(chunk);
  }
  // Written anew, so that whatever came is one line.
  keep(`${JSON.stringify(JSON.parse(Buffer.concat(chunks).toString('utf8')))}\n`);
  return 200;
}
