import { z } from 'zod';
import { parsePush } from '../shared/events/push-envelope.ts';
import type { CallLabels } from '../shared/tracing/current.ts';
import { parseCloudTrace, parseTraceparent, runTrace, type TraceContext } from '../shared/tracing/trace-context.ts';
import { type CallStart, tracedCall } from '../shared/tracing/traced-call.ts';
import type { Tracer } from '../shared/tracing/tracer.ts';
import type { HttpReply, HttpRequest } from './http.ts';
import type { Manifest } from './manifest.ts';

/**
 * How a customer's month hangs together. A schedule's request begins a trace, or goes on with its caller's; what follows
 * from it by events stays in it, up to `validate-usage`. From the pin on, everything happens in the billing run's own
 * trace: many checkpoints lead to one run, so that the run is a trace of its own, which each of them links to, and each
 * of its events links back to what published it. A sign-off days later needs to know nothing of that.
 */
export interface TraceSurroundings {
  readonly tracer: Tracer | null;
  readonly now: () => Date;
  /** Google Cloud's project. */
  readonly project: string;
}

/** Runs one call of a function in its span. */
export async function traceCall(
  { tracer, now, project }: TraceSurroundings,
  manifest: Manifest,
  request: HttpRequest,
  work: () => Promise<HttpReply>,
): Promise<HttpReply> {
  const cause = causeOf(manifest, request);
  const start = callOf(manifest, request, cause, project);
  if (tracer !== null) startRun(tracer, cause, project, now());
  return tracedCall(tracer, now, start, work, ({ status }) => (status >= 400 ? `status ${status}` : undefined));
}

/** What a message says about itself, as far as it can be read; a trace never refuses one. */
interface Cause {
  readonly published: TraceContext | null;
  readonly facts: Facts;
}

const text = z.string().optional().catch(undefined);
const factsSchema = z.object({
  type: text,
  occurredAt: z.iso.datetime().optional().catch(undefined),
  data: z
    .object({
      runId: text,
      period: text,
      customer: text,
      invoiceId: text,
      region: text,
      day: z.iso.date().optional().catch(undefined),
      shard: z.number().optional().catch(undefined),
    })
    .catch({}),
});
type Facts = z.output<typeof factsSchema>;

const NO_FACTS: Facts = { data: {} };

function causeOf({ trigger }: Manifest, { body }: HttpRequest): Cause {
  if (trigger.kind !== 'events') return { published: null, facts: NO_FACTS };
  const parsed = parsePush(body);
  if (parsed.kind === 'refused') return { published: null, facts: NO_FACTS };
  return { published: parseTraceparent(parsed.push.attributes.traceparent), facts: factsOf(parsed.push.data) };
}

function factsOf(data: string): Facts {
  try {
    return factsSchema.safeParse(JSON.parse(data)).data ?? NO_FACTS;
  } catch {
    // What cannot be read is put aside by the handler, with its reason; here it only has no labels.
    return NO_FACTS;
  }
}

function callOf(
  manifest: Manifest,
  { headers, query }: HttpRequest,
  { published, facts }: Cause,
  project: string,
): CallStart {
  const { name, trigger } = manifest;
  const labels = labelsOf(name, facts, query);
  const called = parseTraceparent(headers.traceparent) ?? parseCloudTrace(headers['x-cloud-trace-context']);
  if (trigger.kind !== 'events') return { name, kind: 'server', parent: called, links: [], labels };
  const links = published === null ? [] : [published];
  const { runId, day } = facts.data;
  if (runId !== undefined) return { name, kind: 'consumer', parent: runTrace(project, runId), links, labels };
  const leadsTo = day === undefined ? [] : [runTrace(project, day.slice(0, 7))];
  return { name, kind: 'consumer', parent: published ?? called, links: leadsTo, labels };
}

function labelsOf(name: string, { data }: Facts, query: URLSearchParams): CallLabels {
  // An invoice is named by its period, customer and series.
  const [invoicePeriod, invoiceCustomer] = data.invoiceId?.split('/') ?? [];
  const labels = {
    function: name,
    run: data.runId,
    period: data.period ?? invoicePeriod ?? data.day?.slice(0, 7),
    customer: data.customer ?? invoiceCustomer,
    invoice: data.invoiceId,
    region: data.region ?? query.get('region') ?? undefined,
  };
  return Object.fromEntries(Object.entries(labels).filter(([, value]) => value !== undefined && value.length <= 200));
}

/** The run's own span: from the pin until its first shard is taken up. A repeat writes the same span again. */
function startRun(tracer: Tracer, { published, facts }: Cause, project: string, now: Date): void {
  const { runId, shard } = facts.data;
  if (facts.type !== 'period.completed' || shard !== 0 || runId === undefined) return;
  const span = tracer.start({
    name: `billing run ${runId}`,
    kind: 'internal',
    parent: null,
    links: published === null ? [] : [published],
    startedAt: facts.occurredAt === undefined ? now : new Date(facts.occurredAt),
    attributes: { 'daybook.run': runId },
    identity: runTrace(project, runId),
  });
  span.end(now);
}
