import type { TraceContext } from './trace-context.ts';

export type SpanKind = 'server' | 'consumer' | 'producer' | 'client' | 'internal';
export type Attributes = Readonly<Record<string, string | number>>;

/** A span about to begin. */
export interface SpanStart {
  readonly name: string;
  readonly kind: SpanKind;
  /** null begins a trace of its own. */
  readonly parent: TraceContext | null;
  /** What else led here, beside the parent. */
  readonly links: readonly TraceContext[];
  readonly startedAt: Date;
  readonly attributes: Attributes;
  /** Only of spans whose place in the world is known beforehand: a billing run's. */
  readonly identity?: TraceContext;
}

export interface OpenSpan {
  readonly context: TraceContext;
  set(attributes: Attributes): void;
  /** `failure` in one line, without the data of anybody. */
  end(endedAt: Date, failure?: string): void;
}

/** Keeps spans and sends them away. Nothing it does, or fails to do, changes the work. */
export interface Tracer {
  start(span: SpanStart): OpenSpan;
  /** Sends what has ended. Resolves also when it could not be sent. */
  flush(): Promise<void>;
  close(): Promise<void>;
}
