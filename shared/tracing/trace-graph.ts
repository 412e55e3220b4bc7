import type { StoredSpan } from './stored-span.ts';
import type { TraceContext } from './trace-context.ts';

/** A span with what happened in it, in the order of time. */
export interface SpanTree {
  readonly span: StoredSpan;
  readonly children: readonly SpanTree[];
}

/** One run's spans, and those that led to it. */
export interface RunGraph {
  /** Beginnings of traces that lead to the run by a link: daily jobs, a sign-off. */
  readonly causes: readonly SpanTree[];
  /** The run's own span; null when it was not received. */
  readonly run: SpanTree | null;
}

const key = ({ traceId, spanId }: TraceContext) => `${traceId}/${spanId}`;

/**
 * What is connected with a run by parents and links. With `invoice`, only what concerns that invoice or all of them.
 * A link to something that was not received leads nowhere and is passed over.
 */
export function runGraph(spans: readonly StoredSpan[], run: TraceContext, invoice: string | null): RunGraph {
  const concerned = spans.filter(({ attributes }) => {
    const about = attributes['daybook.invoice'];
    return invoice === null || about === undefined || about === invoice;
  });
  const byTrace = Map.groupBy(concerned, ({ traceId }) => traceId);
  const own = byTrace.get(run.traceId) ?? [];
  const root = own.find(({ spanId }) => spanId === run.spanId) ?? null;
  const linkedTo = own.flatMap(({ links }) => links.map(({ traceId }) => traceId));
  const linkedFrom = concerned.filter(({ links }) => links.some((link) => key(link) === key(run)));
  const traces = new Set([...linkedTo, ...linkedFrom.map(({ traceId }) => traceId)]);
  traces.delete(run.traceId);
  const causes = [...traces].flatMap((traceId) => forest(byTrace.get(traceId) ?? []));
  return {
    causes: causes.sort((a, b) => a.span.startedAt.getTime() - b.span.startedAt.getTime()),
    run:
      root === null
        ? null
        : treeOf(
            root,
            Map.groupBy(own, (span) => span.parentSpanId),
          ),
  };
}

/** The trees of one trace: a span whose parent was not received begins one. */
function forest(spans: readonly StoredSpan[]): SpanTree[] {
  const there = new Set(spans.map(({ spanId }) => spanId));
  const byParent = Map.groupBy(spans, (span) => span.parentSpanId);
  const roots = spans.filter(({ parentSpanId }) => parentSpanId === null || !there.has(parentSpanId));
  return roots.map((span) => treeOf(span, byParent));
}

function treeOf(span: StoredSpan, byParent: ReadonlyMap<string | null, readonly StoredSpan[]>): SpanTree {
  const children = [...(byParent.get(span.spanId) ?? [])].sort(
    (a, b) => a.startedAt.getTime() - b.startedAt.getTime() || a.name.localeCompare(b.name, 'en'),
  );
  return { span, children: children.map((child) => treeOf(child, byParent)) };
}
