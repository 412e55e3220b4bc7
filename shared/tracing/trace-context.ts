import { createHash } from 'node:crypto';

/** Where in which trace something happens: https://www.w3.org/TR/trace-context/ */
export interface TraceContext {
  /** 32 lower-case hexadecimal digits. */
  readonly traceId: string;
  /** 16 lower-case hexadecimal digits. */
  readonly spanId: string;
}

const TRACEPARENT = /^00-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}$/;
const CLOUD_TRACE = /^([0-9a-f]{32})\/(\d{1,20})(?:;o=[01])?$/;
const NO_TRACE = '0'.repeat(32);
const NO_SPAN = '0'.repeat(16);
const LARGEST_SPAN = (1n << 64n) - 1n;

/** Reads a `traceparent`; null when there is none or it is malformed, which only costs the connection. */
export function parseTraceparent(text: string | undefined): TraceContext | null {
  const [, traceId, spanId] = TRACEPARENT.exec(text ?? '') ?? [];
  return contextOf(traceId, spanId);
}

/** Reads Google's own header, `TRACE/SPAN;o=1` with the span in decimal. */
export function parseCloudTrace(text: string | undefined): TraceContext | null {
  const [, traceId, span] = CLOUD_TRACE.exec(text ?? '') ?? [];
  if (span === undefined || BigInt(span) > LARGEST_SPAN) return null;
  return contextOf(traceId, BigInt(span).toString(16).padStart(16, '0'));
}

function contextOf(traceId: string | undefined, spanId: string | undefined): TraceContext | null {
  if (traceId === undefined || spanId === undefined || traceId === NO_TRACE || spanId === NO_SPAN) return null;
  return { traceId, spanId };
}

/** Always sampled: a month's trace is whole or worthless. */
export function formatTraceparent({ traceId, spanId }: TraceContext): string {
  return `00-${traceId}-${spanId}-01`;
}

/**
 * The trace of a billing run. It follows from the run's id, so that nobody has to keep it: whoever handles one of the
 * run's events, days apart and after any crash, finds the same trace, and an invoice's id is enough to look it up.
 * `project` keeps two deployments apart that report to the same place.
 */
export function runTrace(project: string, runId: string): TraceContext {
  const hash = createHash('sha256').update(`daybook billing run\n${project}\n${runId}`).digest('hex');
  return { traceId: hash.slice(0, 32), spanId: hash.slice(32, 48) };
}
