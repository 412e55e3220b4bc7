import { html } from 'hono/html';
import { formatAmount, formatChange, formatCount, formatNumber, words } from '../format.ts';
import type { Html } from '../page.ts';
import { badge, facts, instant, section, table, tableOr } from '../parts.ts';
import { currencyTotals, customerChanges } from './differences.ts';
import type { RunReport } from './read-report.ts';
import { signOffSection, witnessSection } from './sign-off-sections.ts';
import { totalChart } from './total-chart.ts';

/** What finance reads and signs: the close of a period, whole, in the order in which it is reviewed. No links: it is paper. */
export function reportBody(report: RunReport): Html {
  const { run } = report;
  return html`<article class="report">
<header class="head"><p class="muted">Daybook · run report</p>
<div class="line"><h1>Billing run ${run.run_id}</h1>${badge(run.status)}</div>
<p class="muted">Days ${run.period_from} up to, not including, ${run.period_to}, in UTC</p></header>
${section('Totals', totals(report))}
${section('What the run rests on', basis(report))}
${section('Completeness', completeness(report))}
${section('Plan versions', plans(report))}
${section('Held or stopped', stopped(report))}
${section(`Differences to ${report.before}`, differences(report))}
${section('Invoices', invoices(report))}
${section('Usage in no line', exclusions(report))}
${signOffSection(report)}
${witnessSection(report)}
</article>`;
}

function totals(report: RunReport): Html {
  const all = currencyTotals(report);
  const rows = all.map(({ currency, invoices: count, held, total, before }) => [
    currency.toUpperCase(),
    formatCount(count),
    formatCount(held),
    html`<strong>${formatAmount(total, currency)}</strong>`,
    report.earlier.length === 0 ? html`<span class="muted">none</span>` : formatAmount(before, currency),
    report.earlier.length === 0 ? html`<span class="muted">–</span>` : formatChange(total, before, currency),
  ]);
  const columns = [
    { label: 'Currency' },
    { label: 'Invoices', numeric: true },
    { label: 'Held', numeric: true },
    { label: 'Total before tax', numeric: true },
    { label: report.before, numeric: true },
    { label: 'Change', numeric: true },
  ] as const;
  const charts = all.map(({ currency }) =>
    totalChart(
      currency,
      report.invoices
        .filter((row) => row.currency === currency && row.status !== 'held')
        .map((row) => ({ name: row.customer_name, total: row.total })),
    ),
  );
  return html`${tableOr('Nothing is rated yet.', 'Totals per currency', columns, rows)}${charts}`;
}

function basis({ run, checkpoints, sources }: RunReport): Html {
  const rows = sources.map((row) => [
    row.region,
    row.source_id,
    row.metric,
    formatCount(row.checkpoints),
    formatCount(row.rows),
    formatCount(row.reruns),
    formatCount(row.superseded),
  ]);
  const columns = [
    { label: 'Region' },
    { label: 'Source' },
    { label: 'Metric' },
    { label: 'Checkpoints', numeric: true },
    { label: 'Rows', numeric: true },
    { label: 'Reruns', numeric: true },
    { label: 'Superseded since', numeric: true },
  ] as const;
  return html`${facts([
    ['Checkpoints pinned', formatCount(checkpoints)],
    ['Token', run.fencing_token],
    ['Digest of the inputs', html`<code>${run.inputs_digest ?? 'none while collecting'}</code>`],
  ])}${tableOr('Nothing is pinned yet.', 'Pinned checkpoints', columns, rows)}`;
}

function completeness({ run, required, missing, waivers }: RunReport): Html {
  const rows = waivers.map((row) => [
    `${row.region}/${row.source_id}`,
    row.day,
    html`<span class="reason">${row.why}</span>`,
    row.author,
    row.approver,
  ]);
  const columns = [
    { label: 'Region and source' },
    { label: 'Day' },
    { label: 'Why' },
    { label: 'Proposed by' },
    { label: 'Approved by' },
  ] as const;
  return html`${facts([
    ['Cells required', formatCount(required)],
    ['Missing', missing === 0 ? 'none' : html`<strong>${formatCount(missing)}</strong>`],
    ['Waived', formatCount(waivers.length)],
    ['Opened', instant(run.opened_at)],
    ['Grace until', instant(run.grace_until)],
  ])}${waivers.length === 0 ? '' : table('Days billed without a figure', columns, rows)}`;
}

function plans({ plans: versions }: RunReport): Html {
  const rows = versions.map((row) => [
    html`${row.title}<span class="sub">${row.plan}${row.purpose === 'shadow' ? ', rated beside the bill and not billed' : ''}</span>`,
    html`<code class="wrap">${row.plan_version}</code>`,
    formatCount(row.customers),
    row.purpose === 'shadow'
      ? html`<span class="muted">${formatAmount(row.total, row.currency)}</span>`
      : formatAmount(row.total, row.currency),
  ]);
  const columns = [
    { label: 'Plan' },
    { label: 'Digest of the version' },
    { label: 'Customers', numeric: true },
    { label: 'Amount', numeric: true },
  ] as const;
  return tableOr('Nothing is rated yet.', 'Plan versions', columns, rows);
}

function stopped({ invoices: all }: RunReport): Html {
  const rows = all
    .filter((row) => row.status === 'held' || row.status === 'stripe_failed')
    .map((row) => [
      row.customer_name,
      words(row.status),
      html`<span class="reason">${row.hold_reason ?? row.failure_detail ?? 'no reason was recorded'}</span>`,
    ]);
  const columns = [{ label: 'Customer' }, { label: 'State' }, { label: 'Why' }] as const;
  return tableOr('No invoice is held or stopped.', 'Stopped invoices', columns, rows);
}

const MOST_CHANGES = 20;

function differences(report: RunReport): Html {
  if (report.earlier.length === 0) return html`<p class="muted">There are no invoices of ${report.before}.</p>`;
  const changes = customerChanges(report);
  const rows = changes
    .slice(0, MOST_CHANGES)
    .map(({ customer, currency, total, before, difference }) => [
      customer,
      before === null ? html`<span class="muted">new</span>` : formatAmount(before, currency),
      total === null ? html`<span class="muted">no invoice</span>` : formatAmount(total, currency),
      before === null || total === null
        ? `${difference > 0n ? '+' : ''}${formatAmount(difference, currency)}`
        : formatChange(total, before, currency),
    ]);
  const columns = [
    { label: 'Customer' },
    { label: report.before, numeric: true },
    { label: report.run.period, numeric: true },
    { label: 'Change', numeric: true },
  ] as const;
  const left = changes.length - rows.length;
  const note = left > 0 ? html`<p class="muted">The ${MOST_CHANGES} greatest changes of ${changes.length}.</p>` : '';
  return html`${tableOr('No total changed.', 'Changes', columns, rows)}${note}`;
}

/** The amounts add up to the totals at the head of the report: a held invoice counts with what it was rated as. */
function invoices(report: RunReport): Html {
  const { invoices: all } = report;
  const rows = all.map((row) => [
    html`${row.customer_name}<span class="sub">${row.invoice_id}</span>`,
    words(row.status),
    row.stripe_number ?? html`<span class="muted">–</span>`,
    row.unratable ? html`<span class="muted">not rated</span>` : formatAmount(row.total, row.currency),
  ]);
  const sums = currencyTotals(report)
    .filter((each) => each.invoices > 0)
    .map(({ currency, invoices: count, total }) => [
      html`<strong>${count === 1 ? '1 invoice' : `${formatCount(count)} invoices`} in ${currency.toUpperCase()}</strong>`,
      '',
      '',
      html`<strong>${formatAmount(total, currency)}</strong>`,
    ]);
  const columns = [
    { label: 'Customer' },
    { label: 'State' },
    { label: 'Number in Stripe' },
    { label: 'Amount before tax', numeric: true },
  ] as const;
  return tableOr(
    'No invoice has been rated yet.',
    'Invoices of the run',
    columns,
    rows.length === 0 ? rows : [...rows, ...sums],
  );
}

function exclusions({ exclusions: all }: RunReport): Html {
  const rows = all.map((row) => [
    row.metric,
    words(row.reason),
    formatCount(row.invoices),
    formatCount(row.rows),
    html`<span title="${row.quantity}">${formatNumber(row.quantity)}</span>`,
  ]);
  const columns = [
    { label: 'Metric' },
    { label: 'Why it is in no line' },
    { label: 'Invoices', numeric: true },
    { label: 'Rows', numeric: true },
    { label: 'Quantity in the source’s unit', numeric: true },
  ] as const;
  return tableOr('All usage of the billed customers is in a line.', 'Usage in no line', columns, rows);
}
