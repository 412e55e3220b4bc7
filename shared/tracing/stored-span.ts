import { z } from 'zod';
import type { TraceContext } from './trace-context.ts';

/** A span as it was received. */
export interface StoredSpan extends TraceContext {
  readonly name: string;
  readonly parentSpanId: string | null;
  readonly startedAt: Date;
  readonly milliseconds: number;
  readonly service: string;
  readonly links: readonly TraceContext[];
  readonly attributes: Readonly<Record<string, string>>;
  readonly failure: string | null;
}

const attributeSchema = z.object({
  key: z.string(),
  value: z.object({
    stringValue: z.string().optional(),
    intValue: z.union([z.string(), z.number()]).optional(),
    doubleValue: z.number().optional(),
    boolValue: z.boolean().optional(),
  }),
});
const nanoseconds = z.union([z.string().regex(/^\d+$/), z.number()]).transform((value) => BigInt(value));
const ERROR_STATUS = 2;

/** OTLP's JSON: https://opentelemetry.io/docs/specs/otlp/#json-protobuf-encoding */
const requestSchema = z.object({
  resourceSpans: z.array(
    z.object({
      resource: z.object({ attributes: z.array(attributeSchema).default([]) }).default({ attributes: [] }),
      scopeSpans: z.array(
        z.object({
          spans: z.array(
            z.object({
              traceId: z.string(),
              spanId: z.string(),
              parentSpanId: z.string().optional(),
              name: z.string(),
              startTimeUnixNano: nanoseconds,
              endTimeUnixNano: nanoseconds,
              attributes: z.array(attributeSchema).default([]),
              links: z.array(z.object({ traceId: z.string(), spanId: z.string() })).default([]),
              status: z.object({ code: z.number().optional(), message: z.string().optional() }).default({}),
            }),
          ),
        }),
      ),
    }),
  ),
});

/**
 * Reads spans from OTLP/JSON, one request a line. A span that was written more than once is there once. A last line that
 * is cut off, because a writer was stopped, is left out; any other malformed line throws.
 */
export function parseSpans(text: string): StoredSpan[] {
  const lines = text.split('\n');
  const whole = text.endsWith('\n') ? lines : lines.slice(0, -1);
  const spans = whole.filter((line) => line !== '').flatMap(spansOfRequest);
  return [...new Map(spans.map((span) => [`${span.traceId}/${span.spanId}`, span])).values()];
}

function spansOfRequest(line: string): StoredSpan[] {
  return requestSchema.parse(JSON.parse(line)).resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const service = attributesOf(resource.attributes)['service.name'] ?? '';
    return scopeSpans.flatMap(({ spans }) =>
      spans.map(({ traceId, spanId, name, parentSpanId, startTimeUnixNano, endTimeUnixNano, links, ...rest }) => ({
        traceId,
        spanId,
        name,
        parentSpanId: parentSpanId || null,
        startedAt: new Date(Number(startTimeUnixNano / 1_000_000n)),
        milliseconds: Number((endTimeUnixNano - startTimeUnixNano) / 1_000n) / 1_000,
        service,
        links,
        attributes: attributesOf(rest.attributes),
        failure: rest.status.code === ERROR_STATUS ? (rest.status.message ?? 'failed') : null,
      })),
    );
  });
}

function attributesOf(attributes: readonly z.output<typeof attributeSchema>[]): Record<string, string> {
  return Object.fromEntries(
    attributes.map(({ key, value }) => [
      key,
      String(value.stringValue ?? value.intValue ?? value.doubleValue ?? value.boolValue ?? ''),
    ]),
  );
}
