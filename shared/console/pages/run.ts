import { html } from 'hono/html';
import { COMMANDS } from '../../alerts/commands.ts';
import { seriesOf } from '../../billing/pinned-run.ts';
import { readDifferences } from '../../billing/run-differences.ts';
import { billingPeriod, previousPeriod } from '../../calendar/billing-period.ts';
import type { Reader } from '../../database/database.ts';
import {
  auditLogListOfSubject,
  billingRunFind,
  billingRunListOpenThings,
  billingRunShowProgress,
  invoiceListFiltered,
  invoiceListWithPrevious,
  runCheckpointCountBySource,
} from '../../database/queries.generated.ts';
import { formatAmount, formatChange, formatCount, shortDigest } from '../format.ts';
import { history } from '../history.ts';
import { type Html, notFoundPage, type Page, type PageContext } from '../page.ts';
import { sheetOf } from '../paging.ts';
import { badge, code, command, facts, instant, section, table, tableOr, trail, who } from '../parts.ts';
import { differencesSection } from '../run-differences-section.ts';
import { runSteps } from '../run-steps.ts';
import { reviewedTotals } from './runs.ts';

type View = NonNullable<Awaited<ReturnType<typeof readRun>>>;
type Invoice = View['invoices'][number];

/** A period's close as finance reviews it. */
export async function runPage(
  { reader }: PageContext,
  { run: runId, sheet }: { readonly run: string; readonly sheet?: number | undefined },
): Promise<Page> {
  const view = await readRun(reader, runId);
  if (!view) return notFoundPage(`There is no billing run of ${runId}.`, html`<a href="/runs">All runs</a>`);
  const { run } = view;
  const body = html`${trail([['Runs', '/runs']])}
<div class="head"><div class="line"><h1>Billing run ${run.run_id}</h1>${badge(run.status)}</div>
<p class="muted">Days ${run.period_from} up to, not including, ${run.period_to}${run.contract_id === null ? '' : `: the last ones of contract ${run.contract_id}`}</p></div>
<div class="panel">${runSteps(run.status)}${shardProgress(view)}</div>
${takeAway(run)}
<div class="columns">${section('Totals', totals(view))}${section('Sign-off', signOff(view))}</div>
${held(view)}
${differencesSection(view.differences)}
${section('Invoices', invoices(view, sheet))}
${section('What the run rests on', inputs(view))}
${section('History', history(view.entries))}`;
  return { status: 200, title: `Run ${run.run_id}`, active: 'runs', body };
}

/** What finance takes away: the report that is signed, and the figures for its own programs. */
function takeAway({ run_id: runId, period }: { readonly run_id: string; readonly period: string }): Html {
  return html`<ul class="links" aria-label="Report and exports"><li><a href="/runs/${encodeURIComponent(runId)}/report">Run report for print</a></li><li><a href="/runs/${period}/invoices.csv">Invoices (CSV)</a></li><li><a href="/runs/${period}/lines.csv">Lines (CSV)</a></li><li><a href="/runs/${period}/invoices.json">Invoices with lines (JSON)</a></li></ul>`;
}

async function readRun(reader: Reader, runId: string) {
  const run = await reader.first(billingRunFind, { run_id: runId });
  if (!run) return undefined;
  const key = { run_id: run.run_id };
  const period = billingPeriod(run.period);
  const [rows, earlier, sources, progress, entries, differences, open] = await Promise.all([
    reader.rows(invoiceListWithPrevious, { ...key, previous_period: previousPeriod(period) }),
    reader.rows(invoiceListFiltered, { period: previousPeriod(period), customer_id: null, status: null }),
    reader.rows(runCheckpointCountBySource, key),
    reader.first(billingRunShowProgress, key),
    reader.rows(auditLogListOfSubject, { subject: run.run_id, entity: 'billing_run' }),
    readDifferences(reader, { runId, period, contractId: run.contract_id }),
    reader.rows(billingRunListOpenThings, key),
  ]);
  // As the differences: an off-cycle run is compared with its own series, not with a whole month.
  const before = live(earlier).filter(({ series }) => series === seriesOf(run.contract_id));
  return { run, invoices: rows, earlier: before, sources, progress, entries, differences, open };
}

function live<Row extends { readonly status: string }>(rows: readonly Row[]): readonly Row[] {
  return rows.filter((row) => row.status !== 'void');
}

function sumOf(rows: readonly { readonly currency: string; readonly total: bigint }[], currency: string): bigint {
  return rows.filter((row) => row.currency === currency).reduce((sum, row) => sum + row.total, 0n);
}

function totals({ invoices: all, earlier, run }: View): Html {
  const rows = live(all);
  const reviewed = new Map(reviewedTotals(run.totals).map((each) => [each.currency, each.total]));
  const lines = [...new Set(rows.map((row) => row.currency))].sort().map((currency) => {
    const total = sumOf(rows, currency);
    const seen = reviewed.get(currency);
    const own = rows.filter((row) => row.currency === currency);
    const held = own.filter((row) => row.status === 'held').length;
    return [
      currency.toUpperCase(),
      html`${formatCount(own.length)}${held === 0 ? '' : html`<span class="sub">${held} held</span>`}`,
      html`<strong>${formatAmount(total, currency)}</strong>${seen === undefined || seen === total ? '' : html`<span class="sub">reviewed as ${formatAmount(seen, currency)}</span>`}`,
      earlier.length === 0
        ? html`<span class="muted">no last period</span>`
        : formatChange(total, sumOf(earlier, currency), currency),
    ];
  });
  const columns = [
    { label: 'Currency' },
    { label: 'Invoices', numeric: true },
    { label: 'Total', numeric: true },
    { label: 'Against last period', numeric: true },
  ] as const;
  return tableOr('Nothing is rated yet.', 'Totals per currency', columns, lines);
}

/** How many shards are rated, while they are. */
function shardProgress({ run, progress }: View): Html {
  if (progress === undefined || progress.shards === 0 || (run.status !== 'complete' && run.status !== 'rating_failed'))
    return html``;
  const { rated_shards: rated, shards, failed_shards: failed } = progress;
  const words = `${rated} of ${shards} shards rated${failed === 0 ? '' : `, ${failed} failed`}`;
  return html`<p><progress max="${shards}" value="${rated}" aria-label="${words}"></progress> ${words}</p>${failed === 0 ? '' : command(COMMANDS.rateRun(run.run_id))}`;
}

function signOff(view: View): Html {
  const { run } = view;
  const entries: [string, unknown][] = [
    ['Opened by', html`${run.author}<span class="sub">${instant(run.opened_at)}</span>`],
    ['Grace until', instant(run.grace_until)],
  ];
  if (run.approved_at === null) {
    if (run.status !== 'in_review')
      return html`${facts(entries)}<p class="muted">Not signed off: the run is not in review yet.</p>`;
    const reviewed = shortDigest(run.review_digest).replace('sha256:', '');
    return html`${facts([...entries, ['To be signed off', code(run.review_digest, shortDigest(run.review_digest))]])}<p>Waits for a sign-off by someone other than its author. This page is read-only; sign off with</p>${command(COMMANDS.approveRun(run.run_id, reviewed))}`;
  }
  const by = run.approver === null ? `the rule ${run.approval_rule}, without a person` : who(run.approver);
  entries.push(['Signed off by', html`<strong>${by}</strong><span class="sub">${instant(run.approved_at)}</span>`]);
  if (run.reviewed_digest !== null)
    entries.push(['Reviewed', code(run.reviewed_digest, shortDigest(run.reviewed_digest))]);
  return html`${facts([...entries, ...closing(view)])}${run.status === 'issued' ? command(COMMANDS.closeRun(run.run_id)) : ''}`;
}

/** Who closed it, or what stands against that. */
function closing({ run, open }: View): [string, unknown][] {
  if (run.closed_at !== null) {
    const left = run.left_open.length === 0 ? 'nothing left open' : `left open: ${run.left_open.join(', ')}`;
    return [
      ['Closed by', html`<strong>${run.closed_by}</strong><span class="sub">${instant(run.closed_at)}, ${left}</span>`],
    ];
  }
  if (run.status !== 'issued') return [];
  return [['Open', open.length === 0 ? 'nothing: it can be closed' : open.map(({ thing }) => thing).join(', ')]];
}

function invoices({ run, invoices: all }: View, sheet: number | undefined): Html {
  const { rows, turn } = sheetOf(all, sheet, `/runs/${encodeURIComponent(run.run_id)}`);
  const lines = rows.map((row) => [
    html`<a href="/invoices/${row.invoice_id}">${row.customer_name}</a><span class="sub">${row.customer_id}${row.series === 'usage' ? '' : html` · ${row.series}`}</span>`,
    badge(row.status),
    formatAmount(row.total, row.currency),
    previousTotal(row),
    change(row),
    row.stripe_number ?? html`<span class="muted">–</span>`,
  ]);
  const columns = [
    { label: 'Customer' },
    { label: 'State' },
    { label: 'Amount', numeric: true },
    { label: 'Last period', numeric: true },
    { label: 'Change', numeric: true },
    { label: 'Number in Stripe' },
  ] as const;
  return html`${tableOr('No invoice has been rated yet.', 'Invoices of the run', columns, lines)}${turn}`;
}

function previousTotal(row: Invoice): unknown {
  if (row.previous_total === null || row.previous_invoice_id === null) return html`<span class="muted">none</span>`;
  return html`<a href="/invoices/${row.previous_invoice_id}">${formatAmount(row.previous_total, row.currency)}</a>`;
}

function change(row: Invoice): unknown {
  if (row.status === 'held') return html`<span class="muted">–</span>`;
  return row.previous_total === null
    ? html`<span class="muted">new</span>`
    : formatChange(row.total, row.previous_total, row.currency);
}

function held({ invoices: rows, run }: View): Html {
  const stopped = rows.filter((row) => row.status === 'held' || row.status === 'stripe_failed');
  if (stopped.length === 0) return html``;
  const lines = stopped.map((row) => [
    html`<a href="/invoices/${row.invoice_id}">${row.customer_name}</a>`,
    badge(row.status),
    html`<span class="reason">${row.hold_reason ?? row.failure_detail ?? 'no reason was recorded'}</span>`,
    command(helpFor(row, run.run_id)),
  ]);
  return section(
    'Stopped, with the reason',
    table(
      'Stopped invoices',
      [{ label: 'Customer' }, { label: 'State' }, { label: 'Why' }, { label: 'What helps' }],
      lines,
    ),
    'Each waits alone; the other invoices of the run go on.',
  );
}

function helpFor({ status, unratable, invoice_id: invoice }: Invoice, runId: string): string {
  if (status !== 'held') return COMMANDS.issueRun(runId);
  return unratable ? COMMANDS.rateRun(runId) : COMMANDS.releaseInvoice(invoice);
}

function inputs({ run, sources, progress }: View): Html {
  const checkpoints = sources.reduce((sum, row) => sum + row.checkpoints, 0);
  const lines = sources.map((row) => [
    html`${row.region}`,
    row.source_id,
    formatCount(row.checkpoints),
    formatCount(row.rows),
    formatCount(row.reruns),
    row.superseded === 0 ? '0' : html`<strong>${row.superseded}</strong>`,
  ]);
  const columns = [
    { label: 'Region' },
    { label: 'Source' },
    { label: 'Checkpoints', numeric: true },
    { label: 'Rows', numeric: true },
    { label: 'Reruns', numeric: true },
    { label: 'Superseded since', numeric: true },
  ] as const;
  const shards = progress === undefined ? '–' : `${progress.rated_shards} of ${progress.shards} rated`;
  return html`${facts([
    ['Checkpoints pinned', formatCount(checkpoints)],
    [
      'Inputs digest',
      run.inputs_digest === null ? 'none while collecting' : code(run.inputs_digest, shortDigest(run.inputs_digest)),
    ],
    ['Token', run.fencing_token],
    ['Shards', shards],
  ])}${tableOr('Nothing is pinned: usage is still being collected.', 'Pinned checkpoints by region and source', columns, lines)}`;
}
