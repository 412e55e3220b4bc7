import { AsyncLocalStorage } from 'node:async_hooks';
import { formatTraceparent, type TraceContext } from './trace-context.ts';
import type { OpenSpan, Tracer } from './tracer.ts';

/** What is known about the call that runs: for its log lines and for what follows from it. */
export type CallLabels = Readonly<
  Partial<Record<'function' | 'period' | 'run' | 'customer' | 'invoice' | 'region', string>>
>;

/** The call that runs. It is carried by the runtime, beside the arguments: no rule can see it, and no result depends on it. */
export interface Call {
  readonly labels: CallLabels;
  /** Where in which trace the call is; null when nobody has given it one. */
  readonly context: TraceContext | null;
  /** null while nothing is traced. */
  readonly tracer: Tracer | null;
  readonly span: OpenSpan | null;
  /** Statements of the call and the time that they took: a span each would hide the rest. */
  readonly sql: { statements: number; milliseconds: number };
}

const calls = new AsyncLocalStorage<Call>();

export function currentCall(): Call | undefined {
  return calls.getStore();
}

/** The `traceparent` of what runs now, to be passed on; null outside of any trace. */
export function currentTraceparent(): string | null {
  const context = calls.getStore()?.context ?? null;
  return context === null ? null : formatTraceparent(context);
}

/** Runs work as part of a call. */
export function runInCall<T>(call: Call, work: () => Promise<T>): Promise<T> {
  return calls.run(call, work);
}
