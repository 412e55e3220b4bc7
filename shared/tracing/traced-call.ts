import { type Call, type CallLabels, runInCall } from './current.ts';
import type { TraceContext } from './trace-context.ts';
import type { SpanKind, SpanStart, Tracer } from './tracer.ts';

/** One call of a function or a command: what its span is called, and where it comes from. */
export interface CallStart {
  readonly name: string;
  readonly kind: SpanKind;
  readonly parent: TraceContext | null;
  readonly links: readonly TraceContext[];
  readonly labels: CallLabels;
}

/**
 * Runs one call in its span, and sends the span away when the call has ended. Without a tracer the call only carries
 * its labels and the trace that it came in, for its log lines and its events.
 */
export async function tracedCall<T>(
  tracer: Tracer | null,
  now: () => Date,
  start: CallStart,
  work: () => Promise<T>,
  failureOf: (result: T) => string | undefined = () => undefined,
): Promise<T> {
  const { labels, parent } = start;
  const sql = { statements: 0, milliseconds: 0 };
  if (tracer === null) return runInCall({ labels, context: parent, tracer, span: null, sql }, work);
  const startedAt = now();
  const begun = performance.now();
  const span = tracer.start(spanOf(start, startedAt));
  const call: Call = { labels, context: span.context, tracer, span, sql };
  const end = (failure?: string) => {
    span.set({ 'daybook.sql.statements': sql.statements, 'daybook.sql.milliseconds': Math.round(sql.milliseconds) });
    // Measured, not read: the clock may be set while the call runs, and in a local cloud it jumps.
    span.end(new Date(startedAt.getTime() + performance.now() - begun), failure);
  };
  try {
    const result = await runInCall(call, work);
    end(failureOf(result));
    return result;
  } catch (error) {
    // The name only: messages may quote data, and the log has them.
    end(error instanceof Error ? error.name : 'error');
    throw error;
  } finally {
    await tracer.flush();
  }
}

function spanOf({ name, kind, parent, links, labels }: CallStart, startedAt: Date): SpanStart {
  const attributes = Object.fromEntries(Object.entries(labels).map(([label, value]) => [`daybook.${label}`, value]));
  return { name, kind, parent, links, startedAt, attributes };
}
