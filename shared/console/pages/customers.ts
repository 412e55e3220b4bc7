import { html } from 'hono/html';
import { utcDayOf } from '../../calendar/utc-day.ts';
import { customerListWithContract } from '../../database/queries.generated.ts';
import type { Page, PageContext } from '../page.ts';
import { sheetOf } from '../paging.ts';
import { badge, section, tableOr } from '../parts.ts';

/** Every customer with its contract of today, a sheet at a time. */
export async function customersPage(
  { reader, now }: PageContext,
  { sheet }: { readonly sheet?: number | undefined },
): Promise<Page> {
  const customers = await reader.rows(customerListWithContract, { day: utcDayOf(now) });
  const shown = sheetOf(customers, sheet, '/customers');
  const rows = shown.rows.map((row) => [
    html`<a href="/customers/${row.customer_id}">${row.name}</a><span class="sub">${row.customer_id}</span>`,
    row.projects,
    row.mode === null
      ? html`<span class="muted">no contract today</span>`
      : badge(row.mode, row.mode === 'usage' ? 'good' : row.mode === 'shadow' ? 'warning' : 'quiet'),
    row.stripe_customer_id === null
      ? html`<span class="badge warning">not mapped</span>`
      : html`<code>${row.stripe_customer_id}</code>`,
  ]);
  const columns = [
    { label: 'Customer' },
    { label: 'Projects', numeric: true },
    { label: 'Billing mode' },
    { label: 'In Stripe' },
  ] as const;
  const list = tableOr('No customer yet.', 'Customers', columns, rows);
  return {
    status: 200,
    title: 'Customers',
    active: 'customers',
    body: html`<div class="head"><h1>Customers</h1></div>${section('All customers', html`${list}${shown.turn}`)}`,
  };
}
