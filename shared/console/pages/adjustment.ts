import { html } from 'hono/html';
import { COMMANDS } from '../../alerts/commands.ts';
import { readAdjustment } from '../../billing/adjustment.ts';
import type { BillingPeriod } from '../../calendar/billing-period.ts';
import type { Reader } from '../../database/database.ts';
import { adjustmentFind, auditLogListOfSubject, creditListOfAdjustment } from '../../database/queries.generated.ts';
import { formatAmount, formatNumber, words } from '../format.ts';
import { history } from '../history.ts';
import { type Html, notFoundPage, type Page, type PageContext } from '../page.ts';
import { badge, code, command, facts, instant, section, table, tableOr, trail } from '../parts.ts';

export interface AdjustmentAddress {
  readonly period: BillingPeriod;
  readonly customer: string;
  readonly number: string;
}

type View = NonNullable<Awaited<ReturnType<typeof readView>>>;

/** An adjustment line by line: what was billed, what is right, what it rests on, and where it stands. */
export async function adjustmentPage({ reader }: PageContext, address: AdjustmentAddress): Promise<Page> {
  const id = `${address.period}/${address.customer}/adjustment/${address.number}`;
  const view = await readView(reader, id);
  if (!view) return notFoundPage(`There is no adjustment ${id}.`, html`<a href="/adjustments">All adjustments</a>`);
  const { row } = view;
  const body = html`${trail([['Adjustments', '/adjustments']])}
<div class="head"><div class="line"><h1>${row.customer_name}, correction of ${row.period}</h1>${badge(row.status)}</div>
<p class="muted">Adjustment <code>${row.adjustment_id}</code> of <a href="/customers/${row.customer_id}">${row.customer_id}</a></p></div>
${section('Lines', lines(view))}
<div class="columns">${section('Where it stands', standing(view))}${section('What it rests on', basis(view))}</div>
${row.status === 'proposed' ? section('Waits for a decision', command(COMMANDS.approveAdjustment(row.adjustment_id))) : ''}
${section('History', history(view.entries))}`;
  return { status: 200, title: `Adjustment ${row.adjustment_id}`, active: 'adjustments', body };
}

async function readView(reader: Reader, adjustmentId: string) {
  const row = await reader.first(adjustmentFind, { adjustment_id: adjustmentId });
  if (!row) return undefined;
  const [credits, entries] = await Promise.all([
    reader.rows(creditListOfAdjustment, { adjustment_id: adjustmentId }),
    reader.rows(auditLogListOfSubject, { subject: adjustmentId, entity: 'adjustment' }),
  ]);
  return { row, credits, entries, adjustment: readAdjustment(row.document) };
}

function lines({ row, adjustment }: View): Html {
  const rows = adjustment.lines.map((line) => [
    html`${line.label}<span class="sub">line <code>${line.corrects.line}</code>${line.corrects.part === null ? '' : html`, <code>${line.corrects.part}</code>`} of <a href="/invoices/${line.corrects.invoice}">${line.corrects.invoice}</a></span>`,
    figureOf(line.billed),
    figureOf(line.corrected),
    html`<span title="exactly ${line.exact}">${formatAmount(line.amount, row.currency)}</span>`,
  ]);
  const columns = [
    { label: 'Line' },
    { label: 'Billed', numeric: true },
    { label: 'Right', numeric: true },
    { label: 'Adjustment', numeric: true },
  ] as const;
  return html`${table('Lines of the adjustment', columns, rows)}
<p class="sum"><span>Billed ${formatAmount(row.billed, row.currency)}, right ${formatAmount(row.corrected, row.currency)}</span> <strong>${formatAmount(row.total, row.currency)}</strong></p>`;
}

function figureOf({ exact, quantity }: { readonly exact: string; readonly quantity: string | null }): Html {
  return html`<span title="${exact}">${formatNumber(exact)}</span>${quantity === null ? '' : html`<span class="sub">for ${formatNumber(quantity)}</span>`}`;
}

function standing({ row, credits }: View): Html {
  const rows = credits.map((credit) => [
    html`<code>${credit.credit_id}</code><span class="sub">${words(credit.kind)}</span>`,
    badge(credit.status),
    credit.invoice_id === null ? '–' : html`<a href="/invoices/${credit.invoice_id}">${credit.invoice_id}</a>`,
    formatAmount(credit.amount, credit.currency),
    html`${credit.stripe_id ?? ''}<span class="sub">${credit.failure_detail ?? ''}</span>`,
  ]);
  const columns = [
    { label: 'Credit' },
    { label: 'State' },
    { label: 'On' },
    { label: 'Amount', numeric: true },
    { label: 'In Stripe' },
  ] as const;
  return html`${facts([
    ['Invoice', row.invoice_id === null ? 'none' : html`<a href="/invoices/${row.invoice_id}">${row.invoice_id}</a>`],
    ['Decided by', row.decided_at === null ? 'nobody yet' : (row.approver ?? 'the policy, under its limit')],
    ['Decided', row.decided_at === null ? '–' : instant(row.decided_at)],
  ])}${tableOr('Nothing of it is given back in Stripe.', 'Credits', columns, rows)}`;
}

function basis({ row, adjustment }: View): Html {
  return html`${facts([
    ['Corrects', html`${adjustment.corrects.map((invoice) => html`<a href="/invoices/${invoice}">${invoice}</a> `)}`],
    ['Because of', `${words(row.cause)}, brought by ${row.author}`],
    [
      'Rated anew',
      html`${instant(row.rerated_at)}, rerating ${row.rerating} of run <a href="/runs/${row.period}">${row.run_id}</a>`,
    ],
    ['Digest of its inputs', code(row.inputs_digest)],
    ['Digest of the document', code(row.document_digest)],
  ])}<details><summary>The document, as it was computed</summary><pre class="query"><code>${row.document}</code></pre></details>`;
}
