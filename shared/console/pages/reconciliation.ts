import { html } from 'hono/html';
import { COMMANDS } from '../../alerts/commands.ts';
import { stripeDifferenceList } from '../../database/queries.generated.ts';
import { formatAge, words } from '../format.ts';
import type { Html, Page, PageContext } from '../page.ts';
import { badge, command, instant, section, tableOr } from '../parts.ts';

type Difference = NonNullable<(typeof stripeDifferenceList)['row']>;

const RESOLVED_SHOWN = 50;

/** Where Stripe and Daybook differ: what is open, what somebody accepted, what was gone at a later look. */
export async function reconciliationPage({ reader, now }: PageContext): Promise<Page> {
  const rows = await reader.rows(stripeDifferenceList, { period: null, with_resolved: true });
  const of = (status: Difference['status']) => rows.filter((row) => row.status === status);
  const resolved = of('resolved').slice(-RESOLVED_SHOWN).reverse();
  const [period = 'PERIOD'] = [...new Set(of('open').map((row) => row.period))];
  const body = html`<div class="head"><h1>Reconciliation with Stripe</h1><p class="muted">Every night Stripe’s invoices are compared with ours, both ways. Nothing is repaired by it.</p></div>
${section('Open', differenceTable('None: Stripe and Daybook agree.', 'Open differences', of('open'), now), 'Each waits until it is gone, or until finance accepts it with a reason.')}
${section('Accepted', differenceTable('None.', 'Accepted differences', of('accepted'), now))}
${section('Gone', differenceTable('None.', 'Differences that are gone', resolved, now))}
${section('By hand', html`${command(COMMANDS.reconcile(period))}${command(COMMANDS.acceptDifference())}`)}`;
  return { status: 200, title: 'Reconciliation', active: 'reconciliation', body };
}

function differenceTable(empty: string, caption: string, rows: readonly Difference[], now: Date): Html {
  const lines = rows.map((row) => [
    html`${row.difference_id}<span class="sub">${words(row.kind)}</span>`,
    badge(row.status, row.status === 'open' ? 'bad' : row.status === 'accepted' ? 'warning' : 'good'),
    html`<a href="/runs/${row.period}">${row.period}</a>`,
    html`<span class="reason">${row.invoice_id === null ? 'none here' : html`<a href="/invoices/${row.invoice_id}">${row.invoice_id}</a>`}<span class="sub">${row.stripe_invoice_id ?? 'none in Stripe'}</span></span>`,
    html`<span class="reason">${row.place ?? '–'}</span>`,
    html`<span class="reason">${row.local_value ?? '–'}</span>`,
    html`<span class="reason">${row.stripe_value ?? '–'}</span>`,
    html`${formatAge(row.found_at, now)}<span class="sub">${ended(row)}</span>`,
  ]);
  const columns = [
    { label: 'Difference' },
    { label: 'State' },
    { label: 'Period' },
    { label: 'Invoice' },
    { label: 'Where' },
    { label: 'Here' },
    { label: 'In Stripe' },
    { label: 'Age' },
  ] as const;
  return tableOr(empty, caption, columns, lines);
}

function ended({ accepted_by: acceptedBy, why, ended_at: endedAt }: Difference): Html {
  if (endedAt !== null) return html`gone ${instant(endedAt)}`;
  return acceptedBy === null ? html`` : html`${acceptedBy}: ${why}`;
}
