import { html } from 'hono/html';
import type { BillingPeriod } from '../../calendar/billing-period.ts';
import { readShadowReport, type ShadowCustomer, type ShadowReport } from '../../corrections/shadow-report.ts';
import { modeChangeList } from '../../database/queries.generated.ts';
import { formatAmount, formatChange } from '../format.ts';
import type { Html, Page, PageContext } from '../page.ts';
import { badge, command, section, table, tableOr } from '../parts.ts';
import { shadowChart } from '../shadow-chart.ts';
import { latestPeriod } from '../shown-period.ts';

type ModeChange = NonNullable<(typeof modeChangeList)['row']>;

/** Old against new: what the fixed tiers billed in a period, and what the usage plans beside them would have. */
export async function shadowPage(
  context: PageContext,
  { period: asked }: { readonly period?: BillingPeriod | undefined },
): Promise<Page> {
  const { reader } = context;
  const period = asked ?? (await latestPeriod(context));
  const [report, changes] = await Promise.all([
    readShadowReport(reader, [period]),
    reader.rows(modeChangeList, { customer_id: null }),
  ]);
  const body = html`<div class="head"><h1>Fixed tiers against usage, ${period}</h1>
<p class="muted">Customers in shadow mode pay their fixed tier; the usage plan is rated beside it and never billed.</p></div>
${report.totals.map(({ currency }) => section(`Largest differences, ${currency.toUpperCase()}`, shadowChart(report.customers, currency)))}
${section('By customer', customers(report))}
${section('Not compared', unrated(report), 'Their tiers are billed all the same.')}
${section('Changes of mode', modes(changes), 'Proposed by one person, approved by another, from the first of a month on; rolled back only while no run of it is approved.')}
${section('On the command line, for several months', command(`npm run daybook -- contracts shadow-report --period ${period} --lines`))}`;
  return { status: 200, title: `Fixed tiers against usage, ${period}`, active: 'shadow', body };
}

function customers(report: ShadowReport): Html {
  const rows = report.customers.map((each) => [
    html`<a href="/customers/${each.customer}">${each.customerName}</a><span class="sub">${each.customer}</span>`,
    side(each, 'billed'),
    side(each, 'usage'),
    formatChange(each.usage, each.billed, each.currency),
  ]);
  const sums = report.totals.map((total) => [
    html`<strong>All ${total.customers}</strong><span class="sub">${total.payMore} would pay more, ${total.payLess} less</span>`,
    formatAmount(total.billed, total.currency),
    formatAmount(total.usage, total.currency),
    formatChange(total.usage, total.billed, total.currency),
  ]);
  const columns = [
    { label: 'Customer' },
    { label: 'Fixed tier', numeric: true },
    { label: 'Usage plan', numeric: true },
    { label: 'Difference', numeric: true },
  ] as const;
  return rows.length === 0
    ? html`<p class="muted">No customer in shadow mode was rated in this period.</p>`
    : table('Customers in shadow mode', columns, [...rows, ...sums]);
}

function side(customer: ShadowCustomer, which: 'billed' | 'usage'): Html {
  const lines = customer.lines.filter((line) => line.side === which);
  return html`${formatAmount(customer[which], customer.currency)}${lines.map((line) => html`<span class="sub">${line.label}: ${formatAmount(line.amount, customer.currency)}</span>`)}`;
}

function unrated(report: ShadowReport): Html {
  const rows = report.unrated.map((each) => [
    html`<a href="/customers/${each.customer}">${each.customerName}</a>`,
    html`<span class="reason">${each.why}</span>`,
  ]);
  return tableOr('Everybody was compared.', 'Not compared', [{ label: 'Customer' }, { label: 'Why' }], rows);
}

function modes(changes: readonly ModeChange[]): Html {
  const rows = changes.map((change) => [
    html`<a href="/customers/${change.customer_id}">${change.customer_name}</a><span class="sub">${change.next_contract_id}</span>`,
    html`${change.from_mode} → ${change.to_mode}${change.undoes === null ? '' : html`<span class="sub">takes ${change.undoes} back</span>`}`,
    change.takes_effect_on,
    badge(change.status),
    html`<span class="reason">${change.why}</span><span class="sub">${change.author}${change.approver === null ? '' : `, decided by ${change.approver}`}</span>`,
  ]);
  const columns = [
    { label: 'Customer' },
    { label: 'Change' },
    { label: 'From' },
    { label: 'State' },
    { label: 'Why' },
  ] as const;
  return tableOr('No mode was ever changed.', 'Changes of mode', columns, rows);
}
