import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { openTracer } from '../../shared/tracing/exporter.ts';
import { parseSpans, type StoredSpan } from '../../shared/tracing/stored-span.ts';
import { runTrace } from '../../shared/tracing/trace-context.ts';
import { runGraph, type SpanTree } from '../../shared/tracing/trace-graph.ts';
import { startTraceReceiver } from '../local-cloud/traces/server.ts';
import { PERIOD, REGIONS } from '../simulation/catalogue.ts';
import { type Disturbance, UNDISTURBED } from '../simulation/disturbance.ts';
import { type Month, runMonth } from '../simulation/month.ts';
import { openSetting, type Setting } from '../simulation/setting.ts';
import { PROJECT } from '../simulation/world.ts';

const INVOICE = `${PERIOD}/acme/usage/2`;
const RUN = runTrace(PROJECT, PERIOD);
const SEED = 1;

let setting: Setting;
let plain: Month;
let traced: { readonly month: Month; readonly spans: readonly StoredSpan[] };
beforeAll(async () => {
  setting = await openSetting(inject('postgresUrl'));
  plain = await runMonth({ setting, seed: SEED, disturbance: UNDISTURBED });
  traced = await traceMonth(UNDISTURBED);
});
afterAll(() => setting.close());

/** A month whose spans went through OpenTelemetry's own exporter to a receiver. */
async function traceMonth(disturbance: Disturbance) {
  const lines: string[] = [];
  const lost: string[] = [];
  const receiver = await startTraceReceiver((line) => void lines.push(line));
  const tracer = await openTracer({
    endpoint: receiver.url,
    protocol: 'http/json',
    serviceName: 'simulation',
    project: PROJECT,
    onLost: (reason) => void lost.push(reason),
  });
  try {
    const month = await runMonth({ setting, seed: SEED, disturbance, tracer });
    expect(lost).toEqual([]);
    return { month, spans: parseSpans(lines.join('')) };
  } finally {
    await tracer.close();
    await receiver.close();
  }
}

/** The spans that parents and links connect with one of them, in whatever direction. */
function connectedWith(spans: readonly StoredSpan[], from: StoredSpan): ReadonlySet<StoredSpan> {
  const key = (traceId: string, spanId: string | null) => `${traceId}/${spanId}`;
  const byKey = new Map(spans.map((span) => [key(span.traceId, span.spanId), span]));
  const neighbours = new Map<StoredSpan, StoredSpan[]>(spans.map((span) => [span, []]));
  for (const span of spans) {
    const led = [key(span.traceId, span.parentSpanId), ...span.links.map((link) => key(link.traceId, link.spanId))];
    for (const other of led.flatMap((one) => byKey.get(one) ?? [])) {
      neighbours.get(span)?.push(other);
      neighbours.get(other)?.push(span);
    }
  }
  const found = new Set([from]);
  for (const span of found) for (const next of neighbours.get(span) ?? []) found.add(next);
  return found;
}

const named = (spans: Iterable<StoredSpan>, name: string) => [...spans].filter((span) => span.name === name);

function issueOf(spans: readonly StoredSpan[]): StoredSpan {
  const issue = spans.find((span) => span.name === 'issue-invoices' && span.attributes['daybook.invoice'] === INVOICE);
  if (issue === undefined) throw new Error(`no span of issue-invoices is about ${INVOICE}`);
  return issue;
}

describe('a customer’s month', () => {
  test('is one connected graph from every daily job to the invoice in Stripe', () => {
    const connected = connectedWith(traced.spans, issueOf(traced.spans));
    for (const region of REGIONS) {
      const jobs = named(connected, 'aggregate-usage').filter((span) => span.attributes['daybook.region'] === region);
      expect(jobs.length).toBeGreaterThanOrEqual(2);
    }
    const names = new Set([...connected].map(({ name }) => name));
    expect(names).toEqual(
      new Set([
        ...names,
        'publish usage.checkpointed',
        'validate-usage',
        `billing run ${PERIOD}`,
        'price-usage',
        'sign-off',
      ]),
    );
    expect([...names].filter((name) => /^(POST|GET) \/v1\//.test(name)).sort()).toEqual([
      // Looked up first: a create may have been sent before.
      'GET /v1/invoices',
      'GET /v1/invoices/:id',
      'GET /v1/invoices/:id/lines',
      'POST /v1/invoices',
      'POST /v1/invoices/:id/add_lines',
      'POST /v1/invoices/:id/finalize',
    ]);
  });

  test('shows its steps in the order in which they follow from each other', () => {
    const { causes, run } = runGraph(traced.spans, RUN, INVOICE);
    expect(causes.map(({ span }) => span.name)).toEqual(expect.arrayContaining(['aggregate-usage', 'sign-off']));
    const job = causes.find(({ span }) => span.name === 'aggregate-usage') as SpanTree;
    expect(job.children.map(({ span }) => span.name)).toEqual(
      expect.arrayContaining(['prometheus POST /api/v1/query', 'publish usage.checkpointed', 'validate-usage']),
    );
    const inRun = run?.children.map(({ span }) => span.name) ?? [];
    expect(inRun.indexOf('price-usage')).toBeGreaterThanOrEqual(0);
    expect(inRun.indexOf('issue-invoices')).toBeGreaterThan(inRun.lastIndexOf('price-usage'));
    const issue = run?.children.find(({ span }) => span.name === 'issue-invoices') as SpanTree;
    const writes = issue.children.map(({ span }) => span.name).filter((name) => name.startsWith('POST'));
    expect(writes).toEqual(['POST /v1/invoices', 'POST /v1/invoices/:id/add_lines', 'POST /v1/invoices/:id/finalize']);
  });

  test('leaves out the invoices of other customers', () => {
    const { run } = runGraph(traced.spans, RUN, INVOICE);
    const about = run?.children.flatMap(({ span }) => span.attributes['daybook.invoice'] ?? []) ?? [];
    expect(new Set(about)).toEqual(new Set([INVOICE]));
  });
});

test('promise 13: a traced month is the same month, byte for byte', () => {
  expect(traced.month.state).toEqual(plain.state);
});

test('promise 10: a fact that is published by a later call stays in the trace in which it became true', async () => {
  const publish =
    plain.trace.find(({ kind, name }) => kind === 'publish' && name === 'usage.checkpointed')?.number ?? 0;
  const { spans } = await traceMonth({ ...UNDISTURBED, strikes: [{ how: 'fail', effect: publish, when: 'before' }] });
  const failed = named(spans, 'aggregate-usage').find(({ failure }) => failure !== null);
  const followed = named(spans, 'validate-usage').filter(({ parentSpanId }) => parentSpanId === failed?.spanId);
  expect(followed.length).toBeGreaterThan(0);
  const publishing = named(spans, 'publish usage.checkpointed').filter(({ failure }) => failure === null);
  expect(publishing.map(({ traceId }) => traceId)).not.toContain(failed?.traceId);
});
