import { html } from 'hono/html';
import { COMMANDS } from '../../alerts/commands.ts';
import { adjustmentList } from '../../database/queries.generated.ts';
import { formatAmount } from '../format.ts';
import type { Html, Page, PageContext } from '../page.ts';
import { badge, command, instant, section, tableOr } from '../parts.ts';

type Adjustment = NonNullable<(typeof adjustmentList)['row']>;

/** What corrects invoices after their issue, what waits for a decision first. */
export async function adjustmentsPage({ reader }: PageContext): Promise<Page> {
  const rows = await reader.rows(adjustmentList, { period: null, customer_id: null, status: null });
  const waiting = rows.filter(({ status }) => status === 'proposed');
  const others = rows.filter(({ status }) => status !== 'proposed');
  const body = html`<div class="head"><h1>Adjustments</h1><p class="muted">Corrected minus billed, of invoices whose usage or terms changed after their run was approved. Each is applied once: on the customer’s next invoice, or as a credit in Stripe.</p></div>
${section('Wait for a decision', waitingTable(waiting), 'Over the limit up to which nobody is asked. Who brought one about does not decide on it.')}
${section('Decided', list('Nothing has been adjusted.', others))}`;
  return { status: 200, title: 'Adjustments', active: 'adjustments', body };
}

function waitingTable(rows: readonly Adjustment[]): Html {
  const [first] = rows;
  return html`${list('Nothing waits.', rows)}${first === undefined ? '' : command(COMMANDS.approveAdjustment(first.adjustment_id))}`;
}

function list(empty: string, rows: readonly Adjustment[]): Html {
  const lines = rows.map((row) => [
    html`<a href="/adjustments/${row.adjustment_id}">${row.adjustment_id}</a>`,
    html`<a href="/customers/${row.customer_id}">${row.customer_name}</a>`,
    badge(row.status),
    formatAmount(row.billed, row.currency),
    formatAmount(row.corrected, row.currency),
    formatAmount(row.total, row.currency),
    row.invoice_id === null ? '–' : html`<a href="/invoices/${row.invoice_id}">${row.invoice_id}</a>`,
    instant(row.proposed_at),
  ]);
  const columns = [
    { label: 'Adjustment' },
    { label: 'Customer' },
    { label: 'State' },
    { label: 'Billed', numeric: true },
    { label: 'Right', numeric: true },
    { label: 'Adjustment', numeric: true },
    { label: 'Stands on' },
    { label: 'Since' },
  ] as const;
  return tableOr(empty, 'Adjustments', columns, lines);
}
