import { html } from 'hono/html';
import { COMMANDS } from '../../alerts/commands.ts';
import { type BillingPeriod, periodDays } from '../../calendar/billing-period.ts';
import { daysOf } from '../../calendar/utc-day.ts';
import type { Reader } from '../../database/database.ts';
import {
  adjustmentListOfInvoice,
  auditLogListOfSubject,
  chargeListOfInvoice,
  contractListRatedOnInvoice,
  invoiceShow,
  stripeRequestList,
} from '../../database/queries.generated.ts';
import { usageOfInvoice } from '../../visibility/usage-so-far.ts';
import { dailyCharts } from '../daily-chart.ts';
import { formatAmount, formatCount, formatNumber, shortDigest } from '../format.ts';
import { history } from '../history.ts';
import { invoiceIdOf } from '../identifiers.ts';
import { type LineUnits, readLineUnits } from '../line-units.ts';
import { type Html, notFoundPage, type Page, type PageContext } from '../page.ts';
import { badge, code, command, facts, instant, section, table, tableOr, trail } from '../parts.ts';
import { parseInputs } from '../rated-line.ts';

export interface InvoiceAddress {
  readonly period: BillingPeriod;
  readonly customer: string;
  readonly series: string;
  readonly issue?: string | undefined;
}

type View = NonNullable<Awaited<ReturnType<typeof readInvoice>>>;
type Charge = View['charges'][number];

/** An invoice with its lines, each leading on to its explanation. */
export async function invoicePage({ reader }: PageContext, address: InvoiceAddress): Promise<Page> {
  const view = await readInvoice(reader, invoiceIdOf(address));
  if (!view) {
    return notFoundPage(
      `There is no invoice ${invoiceIdOf(address)}.`,
      html`<a href="/runs/${address.period}">The invoices of ${address.period}</a>`,
    );
  }
  const { invoice } = view;
  const body = html`${trail([
    ['Runs', '/runs'],
    [invoice.run_id, `/runs/${invoice.run_id}`],
  ])}
<div class="head"><div class="line"><h1>${invoice.customer_name}, ${invoice.period}</h1>${badge(invoice.status)}</div>
<p class="muted">Invoice <code>${invoice.invoice_id}</code> of <a href="/customers/${invoice.customer_id}">${invoice.customer_id}</a></p></div>
${stopped(view)}
${section('Lines', lines(view))}
${corrections(view)}
${section('Daily usage', dailyCharts(daysOf(periodDays(address.period)), view.usage), 'From the checkpoints that the invoice’s run rests on, in billed units.')}
<div class="columns">${section('Terms', terms(view))}${section('In Stripe', inStripe(view))}</div>
${section('Proof', proof(view))}
${section('History', history(view.entries))}`;
  return { status: 200, title: `Invoice ${invoice.invoice_id}`, active: 'runs', body };
}

async function readInvoice(reader: Reader, invoiceId: string) {
  const key = { invoice_id: invoiceId };
  const invoice = await reader.first(invoiceShow, key);
  if (!invoice) return undefined;
  const [charges, corrections, contracts, requests, usage, entries] = await Promise.all([
    reader.rows(chargeListOfInvoice, key),
    reader.rows(adjustmentListOfInvoice, key),
    reader.rows(contractListRatedOnInvoice, key),
    reader.rows(stripeRequestList, key),
    usageOfInvoice(reader, key.invoice_id),
    reader.rows(auditLogListOfSubject, { subject: invoiceId, entity: 'invoice' }),
  ]);
  const units = await readLineUnits(reader, charges);
  return { invoice, charges, corrections, contracts, requests, usage, entries, units };
}

function stopped({ invoice }: View): Html {
  switch (invoice.status) {
    case 'held':
      return section(
        'Held',
        html`<p>${invoice.hold_reason}</p>
<p class="muted">This invoice waits alone; the others of the run go on. It is listed under <a href="/exceptions">exceptions</a>.</p>`,
      );
    case 'stripe_failed':
      return section('Stopped', html`<p>${invoice.failure_detail}</p>${command(COMMANDS.issueRun(invoice.period))}`);
    default:
      return html``;
  }
}

function lines({ invoice, charges, units }: View): Html {
  if (charges.length === 0)
    return html`<p class="muted">No line: ${invoice.status === 'held' ? 'a held customer is not billed until it is rated again' : 'nothing was due'}.</p>`;
  const own = charges.filter(({ purpose }) => purpose === 'billed');
  const severalParts = new Set(own.map((charge) => charge.segment_from)).size > 1;
  const rows = charges.map((charge) => [
    html`<a href="${lineAddress(invoice.invoice_id, charge)}">${charge.label}</a>${subtitle(charge, severalParts && charge.purpose === 'billed')}`,
    html`<code class="wrap">${charge.formula}</code>`,
    charge.quantity === null
      ? html`<span class="muted">–</span>`
      : html`<span title="${charge.quantity}">${formatNumber(charge.quantity)}</span>${unit(units.ofQuantity(charge))}`,
    parameters(charge, units),
    html`<span title="exactly ${charge.exact}">${formatAmount(charge.amount, charge.currency)}</span>`,
  ]);
  const columns = [
    { label: 'Line' },
    { label: 'Formula', detail: true },
    { label: 'Quantity', numeric: true },
    { label: 'What went in', detail: true },
    { label: 'Amount', numeric: true },
  ] as const;
  return html`${table('Lines of the invoice', columns, rows)}
<p class="sum"><span>Subtotal</span> <strong>${formatAmount(invoice.subtotal, invoice.currency)}</strong><span class="muted">${charges.length === 1 ? '1 line' : `${formatCount(charges.length)} lines, each`} rounded once, half away from zero; tax is Stripe’s</span></p>`;
}

/** A line of the period leads to its explanation, one that corrects another period to its adjustment. */
function lineAddress(invoiceId: string, charge: Charge): string {
  return charge.adjustment_id === null
    ? `/invoices/${invoiceId}/lines/${charge.position}`
    : `/adjustments/${charge.adjustment_id}`;
}

/** What has corrected this invoice since. */
function corrections({ corrections: rows }: View): Html {
  if (rows.length === 0) return html``;
  const lines = rows.map((row) => [
    html`<a href="/adjustments/${row.adjustment_id}">${row.adjustment_id}</a>`,
    badge(row.status),
    row.invoice_id === null ? '–' : html`<a href="/invoices/${row.invoice_id}">${row.invoice_id}</a>`,
    formatAmount(row.total, row.currency),
  ]);
  const columns = [
    { label: 'Adjustment' },
    { label: 'State' },
    { label: 'Stands on' },
    { label: 'Amount', numeric: true },
  ] as const;
  return section('Corrected since', table('Adjustments of the invoice', columns, lines));
}

function subtitle(charge: Charge, severalParts: boolean): Html {
  const parts = [
    ...(charge.project_id === null ? [] : [charge.project_id]),
    ...(severalParts ? [`${charge.segment_from} to ${charge.segment_to}`] : []),
  ];
  return parts.length === 0 ? html`` : html`<span class="sub">${parts.join(' · ')}</span>`;
}

function parameters(charge: Charge, units: LineUnits): Html {
  return html`${Object.entries(parseInputs(charge.inputs)).map(([name, value]) => {
    const of = units.ofName(charge, name);
    return html`<span class="sub"><code>${name}</code> ${formatNumber(value)}${of === undefined ? '' : ` ${of}`}</span>`;
  })}`;
}

function unit(of: string | undefined): Html {
  return of === undefined ? html`` : html`<span class="sub">${of}</span>`;
}

function terms({ contracts }: View): Html {
  const rows = contracts.map((contract) => [
    html`${contract.contract_id}<span class="sub">${contract.mode} mode</span>`,
    html`${contract.starts_on} – ${contract.ends_on ?? 'open'}`,
    html`${contract.plan_versions.map((version) => html`<a href="/plans/${version}">${code(version, shortDigest(version))}</a> `)}`,
  ]);
  const columns = [{ label: 'Contract' }, { label: 'In force' }, { label: 'Plan version' }] as const;
  return tableOr('Nothing was rated.', 'Contracts', columns, rows);
}

function inStripe({ invoice, requests }: View): Html {
  const rows = requests.map((request) => [
    html`<code>${request.step}</code>`,
    badge(request.status),
    instant(request.committed_at),
  ]);
  return html`${facts([
    ['Invoice', invoice.stripe_invoice_id === null ? 'not there yet' : html`<code>${invoice.stripe_invoice_id}</code>`],
    ['Number', invoice.stripe_number ?? 'none yet'],
  ])}${tableOr('Nothing has been sent.', 'Requests to Stripe', [{ label: 'Step' }, { label: 'State' }, { label: 'Committed' }], rows)}`;
}

function proof({ invoice }: View): Html {
  return html`${facts([
    ['Digest of the document', code(invoice.document_digest)],
    ['Rated', instant(invoice.rated_at)],
    ['Run', html`<a href="/runs/${invoice.run_id}">${invoice.run_id}</a>, token ${invoice.fencing_token}`],
  ])}${command(COMMANDS.explainInvoice(invoice.invoice_id))}
<details><summary>The document, as it was rated</summary><pre class="query"><code>${invoice.document}</code></pre></details>`;
}
