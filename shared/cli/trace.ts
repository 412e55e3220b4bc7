import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { invoiceShow } from '../database/queries.generated.ts';
import { parseSpans, type StoredSpan } from '../tracing/stored-span.ts';
import { runTrace } from '../tracing/trace-context.ts';
import { type RunGraph, runGraph, type SpanTree } from '../tracing/trace-graph.ts';
import { addCommand, type Registration, runReading } from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Session } from './session.ts';
import { stackFilePath } from './stack-file.ts';
import { instant } from './terminal/figures.ts';
import type { Style } from './terminal/style.ts';
import { type Branch, folded, tree } from './terminal/tree.ts';

interface TraceOptions {
  readonly full?: boolean;
}

const CAUSES_SHOWN = 4;
const CHILDREN_SHOWN = 12;

export function registerTrace(registration: Registration): void {
  const { io } = registration;
  const path = join(stackFilePath(io.directory, io.environment.DAYBOOK_DATA_DIR), '..', 'traces.jsonl');
  addCommand(registration.program, 'trace', 'how an invoice came to be: from the daily jobs to Stripe, with durations')
    .argument('<invoice>', 'the id, like 2026-10/cus_nimbus_robotics/usage')
    .option('--full', 'every job and call; without it long lists are folded')
    .action(
      runReading<[string, TraceOptions]>(registration, (session, invoice, options) =>
        trace(session, path, invoice, options),
      ),
    );
}

async function trace(
  { database, configuration }: Session,
  path: string,
  invoice: string,
  { full = false }: TraceOptions,
): Promise<CommandOutcome> {
  const row = await database.first(invoiceShow, { invoice_id: invoice });
  if (!row)
    return refused('unknown_invoice', `There is no invoice "${invoice.slice(0, 200)}": see daybook invoice list.`);
  const context = runTrace(configuration.projectId, row.run_id);
  const spans = readSpans(path);
  if (spans === undefined) {
    const place = `https://console.cloud.google.com/traces/explorer;traceId=${context.traceId}?project=${configuration.projectId}`;
    return {
      kind: 'done',
      value: { invoice, trace: context.traceId, place },
      text: () => `No spans are kept here. Cloud Trace has them, where traces are sent to it:\n  ${place}`,
    };
  }
  const graph = runGraph(spans, context, invoice);
  if (graph.run === null && graph.causes.length === 0) {
    return refused('no_spans', `${path} has no span of run ${row.run_id}: it was billed while nothing was traced.`);
  }
  return {
    kind: 'done',
    value: { invoice, trace: context.traceId, ...graph },
    text: (style) => tree(graphBranch(invoice, graph, full, style), style),
  };
}

function readSpans(path: string): StoredSpan[] | undefined {
  try {
    return parseSpans(readFileSync(path, 'utf8'));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

function graphBranch(invoice: string, { causes, run }: RunGraph, full: boolean, style: Style): Branch {
  const led = {
    text: style.bold(`what led to the run (${causes.length})`),
    branches: folded(causes, CAUSES_SHOWN, full, (cause) => spanBranch(cause, full, style), 'that led to the run'),
  };
  return {
    text: style.bold(`Invoice ${invoice}`),
    branches: [led, ...(run === null ? [] : [spanBranch(run, full, style)])],
  };
}

function spanBranch({ span, children }: SpanTree, full: boolean, style: Style): Branch {
  return {
    text: spanText(span, style),
    branches: folded(
      full ? children.map((child) => [child]) : alike(children),
      CHILDREN_SHOWN,
      full,
      (group) => groupBranch(group, full, style),
      'in it',
    ),
  };
}

/** Calls of one name with nothing in them, however many, are one line: a day's job makes dozens of the same query. */
function alike(children: readonly SpanTree[]): readonly (readonly SpanTree[])[] {
  return [...Map.groupBy(children, (child) => (isLeaf(child) ? child.span.name : child)).values()];
}

function isLeaf({ span, children }: SpanTree): boolean {
  return children.length === 0 && span.attributes['daybook.effect'] !== undefined;
}

function groupBranch(group: readonly SpanTree[], full: boolean, style: Style): Branch {
  const [first] = group;
  if (first === undefined) throw new RangeError('a group of spans is never empty');
  if (group.length === 1) return spanBranch(first, full, style);
  const failed = group.filter(({ span }) => span.failure !== null).length;
  const sum = group.reduce((total, { span }) => total + span.milliseconds, 0);
  const failures = failed === 0 ? '' : style.bad(` ${failed} failed`);
  return { text: `${first.span.name} ×${group.length}  ${sum.toFixed(1)} ms in all${failures}` };
}

function spanText(span: StoredSpan, style: Style): string {
  const { name, startedAt, milliseconds, attributes, failure } = span;
  const about = ['region', 'invoice'].flatMap((label) => attributes[`daybook.${label}`] ?? []);
  const statements = attributes['daybook.sql.statements'];
  const sql =
    statements === undefined ? '' : `, ${statements} statements in ${attributes['daybook.sql.milliseconds']} ms`;
  const failed = failure === null ? '' : ` ${style.bad(failure)}`;
  const facts = style.dim(`${instant(startedAt)}${sql}`);
  return `${[name, ...about].join(' ')}  ${milliseconds.toFixed(1)} ms${failed}  ${facts}`;
}
