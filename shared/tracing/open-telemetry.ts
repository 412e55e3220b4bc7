import {
  type Context,
  SpanKind as OtelKind,
  ROOT_CONTEXT,
  SpanStatusCode,
  TraceFlags,
  trace,
} from '@opentelemetry/api';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  AlwaysOnSampler,
  BatchSpanProcessor,
  type IdGenerator,
  RandomIdGenerator,
  type SpanExporter,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { TraceContext } from './trace-context.ts';
import type { SpanKind, SpanStart, Tracer } from './tracer.ts';

/** Spans wait at most this long for their receiver at the end of a call. */
const FLUSH_MS = 3_000;

const KINDS: Readonly<Record<SpanKind, OtelKind>> = {
  server: OtelKind.SERVER,
  consumer: OtelKind.CONSUMER,
  producer: OtelKind.PRODUCER,
  client: OtelKind.CLIENT,
  internal: OtelKind.INTERNAL,
};

/** Random ids, but for a span whose identity is known beforehand: it is asked for right after it was named here. */
class NamedIds implements IdGenerator {
  readonly #random = new RandomIdGenerator();
  #next: TraceContext | undefined;

  name(identity: TraceContext | undefined): void {
    this.#next = identity;
  }

  generateTraceId(): string {
    return this.#next?.traceId ?? this.#random.generateTraceId();
  }

  generateSpanId(): string {
    return this.#next?.spanId ?? this.#random.generateSpanId();
  }
}

export interface OpenTelemetryOptions {
  readonly exporter: SpanExporter;
  /** The deployed function's name, or the command line's. */
  readonly serviceName: string;
  readonly project: string;
  /** Told, once a failure, when spans could not be sent. */
  readonly onLost: (reason: string) => void;
}

/**
 * OpenTelemetry's own tracer. Every span is kept: whether a month can be followed must not depend on chance. Spans are
 * sent when a call ends, because an instance may get no time after its answer.
 */
export function openTelemetryTracer(options: OpenTelemetryOptions): Tracer {
  const ids = new NamedIds();
  const provider = new TracerProvider({
    sampler: new AlwaysOnSampler(),
    idGenerator: ids,
    spanProcessors: [new BatchSpanProcessor({ exporter: options.exporter, exportTimeoutMillis: FLUSH_MS })],
    resource: resourceFromAttributes({
      'service.name': options.serviceName,
      'service.namespace': 'daybook',
      'gcp.project_id': options.project,
    }),
  });
  const tracer = provider.getTracer('daybook');
  return {
    start: (start) => {
      ids.name(start.identity);
      const span = tracer.startSpan(start.name, spanOptions(start), parentOf(start.parent));
      ids.name(undefined);
      const { traceId, spanId } = span.spanContext();
      return {
        context: { traceId, spanId },
        set: (attributes) => void span.setAttributes({ ...attributes }),
        end: (endedAt, failure) => {
          if (failure !== undefined) span.setStatus({ code: SpanStatusCode.ERROR, message: failure });
          span.end(endedAt);
        },
      };
    },
    flush: () =>
      provider
        .forceFlush({ timeoutMillis: FLUSH_MS })
        .catch((reasons: unknown) =>
          options.onLost(Array.isArray(reasons) ? reasons.map(String).join('; ') : String(reasons)),
        ),
    close: () => provider.shutdown(),
  };
}

function spanOptions({ kind, links, startedAt, attributes }: SpanStart) {
  return {
    kind: KINDS[kind],
    startTime: startedAt,
    attributes: { ...attributes },
    links: links.map((context) => ({ context: remote(context) })),
  };
}

function parentOf(parent: TraceContext | null): Context {
  return parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, remote(parent));
}

function remote({ traceId, spanId }: TraceContext) {
  return { traceId, spanId, traceFlags: TraceFlags.SAMPLED, isRemote: true };
}
