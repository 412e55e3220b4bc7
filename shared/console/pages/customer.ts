import { html } from 'hono/html';
import { type BillingPeriod, nextPeriod, periodDays, previousPeriod } from '../../calendar/billing-period.ts';
import type { Reader } from '../../database/database.ts';
import {
  contractListOfCustomer,
  customerFind,
  invoiceListFiltered,
  projectOwnershipListOfCustomer,
} from '../../database/queries.generated.ts';
import { costSoFar } from '../../visibility/cost-so-far.ts';
import { usageSoFar } from '../../visibility/usage-so-far.ts';
import { formatAmount, shortDigest } from '../format.ts';
import { type Html, notFoundPage, type Page, type PageContext } from '../page.ts';
import { badge, section, tableOr, trail } from '../parts.ts';
import { latestPeriod } from '../shown-period.ts';
import { soFarSections } from '../so-far.ts';

type View = NonNullable<Awaited<ReturnType<typeof readCustomer>>>;

/** A customer's usage by day, contracts, projects and invoices. */
export async function customerPage(
  context: PageContext,
  address: { readonly customer: string; readonly period?: BillingPeriod | undefined },
): Promise<Page> {
  const { reader } = context;
  const period = address.period ?? (await latestPeriod(context));
  const view = await readCustomer(reader, address.customer);
  if (!view)
    return notFoundPage(`There is no customer ${address.customer}.`, html`<a href="/customers">All customers</a>`);
  const { customer } = view;
  const [usage, cost] = await context.provisional(async (provisional) => [
    await usageSoFar(provisional, customer.customer_id, period, context.now),
    await costSoFar(provisional, customer.customer_id, period, context.now),
  ]);
  const link = (to: BillingPeriod) => `/customers/${customer.customer_id}?period=${to}`;
  const body = html`${trail([['Customers', '/customers']])}
<div class="head"><h1>${customer.name}</h1><p class="muted"><code>${customer.customer_id}</code> · ${customer.stripe_customer_id === null ? 'not mapped to a customer in Stripe: its invoices cannot be issued' : html`in Stripe <code>${customer.stripe_customer_id}</code>`}</p></div>
${soFarSections(usage, cost, periodDays(period))}
<nav class="pages" aria-label="Periods"><a href="${link(previousPeriod(period))}">← ${previousPeriod(period)}</a><a href="${link(nextPeriod(period))}">${nextPeriod(period)} →</a></nav>
${section('Contracts', contracts(view))}
<div class="columns">${section('Invoices', invoices(view))}${section('Projects', projects(view))}</div>`;
  return { status: 200, title: customer.name, active: 'customers', body };
}

async function readCustomer(reader: Reader, customerId: string) {
  const key = { customer_id: customerId };
  const customer = await reader.first(customerFind, key);
  if (!customer) return undefined;
  const [contractRows, invoiceRows, projectRows] = await Promise.all([
    reader.rows(contractListOfCustomer, key),
    reader.rows(invoiceListFiltered, { ...key, period: null, status: null }),
    reader.rows(projectOwnershipListOfCustomer, key),
  ]);
  return { customer, contracts: contractRows, invoices: invoiceRows, projects: projectRows };
}

function plan(name: string | null, version: string | null): Html {
  if (version === null) return html`<span class="muted">–</span>`;
  return html`<a href="/plans/${version}">${name ?? ''}</a><span class="sub"><code>${shortDigest(version)}</code></span>`;
}

function contracts({ contracts: rows }: View): Html {
  const lines = rows.map((row) => [
    html`${row.contract_id}<span class="sub">${row.author}${row.approver === null ? '' : `, approved by ${row.approver}`}</span>`,
    badge(row.status),
    row.mode,
    html`${row.starts_on} – ${row.ends_on ?? 'open'}`,
    plan(row.legacy_plan, row.legacy_plan_version),
    plan(row.usage_plan, row.usage_plan_version),
    html`${row.collection_method === 'send_invoice' ? `mailed, due after ${row.days_until_due} days` : 'charged automatically'}<span class="sub">${row.tax === 'stripe_tax' ? 'tax by Stripe Tax' : 'no tax added'}</span>`,
    row.overrides === '{}'
      ? html`<span class="muted">none</span>`
      : html`<details><summary>show</summary><pre class="query"><code>${row.overrides}</code></pre></details>`,
  ]);
  const columns = [
    { label: 'Contract' },
    { label: 'State' },
    { label: 'Mode' },
    { label: 'In force' },
    { label: 'Fixed tier' },
    { label: 'Usage plan' },
    { label: 'Billing' },
    { label: 'Overrides' },
  ] as const;
  return tableOr('No contract: nothing of this customer is billed.', 'Contracts', columns, lines);
}

function invoices({ invoices: rows }: View): Html {
  const lines = rows.map((row) => [
    html`<a href="/invoices/${row.invoice_id}">${row.period}${row.series === 'usage' ? '' : ` ${row.series}`}</a>`,
    badge(row.status),
    row.status === 'held' ? html`<span class="muted">held</span>` : formatAmount(row.total, row.currency),
  ]);
  return tableOr(
    'No invoice yet.',
    'Invoices',
    [{ label: 'Period' }, { label: 'State' }, { label: 'Total', numeric: true }],
    lines,
  );
}

function projects({ projects: rows }: View): Html {
  const lines = rows.map((row) => [row.project_id, row.owned_from, row.owned_to ?? 'today']);
  return tableOr('No project.', 'Projects', [{ label: 'Project' }, { label: 'From' }, { label: 'Until' }], lines);
}
