import { html } from 'hono/html';
import { type BillingPeriod, periodDays, periodOf } from '../../calendar/billing-period.ts';
import { type UtcDay, utcDayOf } from '../../calendar/utc-day.ts';
import type { Reader } from '../../database/database.ts';
import {
  alertListUnsent,
  billingRunList,
  customerListUnmapped,
  deadLetterListWaiting,
  exceptionList,
  invoiceListOfRun,
  outboxCountUnpublished,
  planVersionList,
} from '../../database/queries.generated.ts';
import { completenessOf, type RequiredCell } from '../../usage/completeness.ts';
import { type Attention, attention } from '../attention.ts';
import { formatAge, formatAmount, formatCount } from '../format.ts';
import { cellLegend, completenessChart, isDue } from '../heat-map.ts';
import type { Html, Page, PageContext } from '../page.ts';
import { badge, command, figure, section, tableOr } from '../parts.ts';
import { runSteps } from '../run-steps.ts';
import { readUsageDecisions } from '../usage-decisions.ts';

type View = Awaited<ReturnType<typeof readOverview>>;

/** Where the close stands, and what it waits for. */
export async function overviewPage({ reader, now }: PageContext): Promise<Page> {
  const view = await readOverview(reader, now);
  const body = html`<div class="head"><h1>Close of ${view.period}</h1>
<p class="muted">${view.run === null ? 'No billing run has been opened for this period yet.' : html`Billing run <a href="/runs/${view.run.period}">${view.run.run_id}</a>`}</p></div>
${view.run === null ? '' : html`<div class="panel">${runSteps(view.run.status)}</div>`}
${figures(view, now)}
${section('What needs a person now', tasks(view.attention))}
${section('Completeness', completeness(view))}
${section('Invoices by state', invoicesByState(view))}`;
  return { status: 200, title: 'Overview', active: 'overview', body };
}

async function readOverview(reader: Reader, now: Date) {
  const today = utcDayOf(now);
  const [run = null] = await reader.rows(billingRunList, {});
  const period = run === null ? periodOf(today) : (run.period as BillingPeriod);
  const [cells, invoices, exceptions, usage, deadLetters, outbox, alerts, plans, unmapped] = await Promise.all([
    completenessOf(reader, periodDays(period)),
    run === null ? [] : reader.rows(invoiceListOfRun, { run_id: run.run_id }),
    reader.rows(exceptionList, { with_ended: false }),
    readUsageDecisions(reader, period),
    reader.rows(deadLetterListWaiting, {}),
    reader.first(outboxCountUnpublished, {}),
    reader.rows(alertListUnsent, {}),
    reader.rows(planVersionList, { plan: null }),
    reader.rows(customerListUnmapped, { day: today }),
  ]);
  const plansInReview = plans.filter((plan) => plan.status === 'in_review').map((plan) => plan.plan_version);
  const situation = {
    run,
    invoices: invoices.map((invoice) => ({
      id: invoice.invoice_id,
      status: invoice.status,
      reason: invoice.hold_reason ?? invoice.failure_detail,
    })),
    missing: cells.filter((cell) => cell.day < today).flatMap(missingCell),
    exceptions: exceptions.map((row) => ({
      id: row.exception_id,
      class: row.class,
      subject: row.subject,
      status: row.status,
      reason: row.reason,
      retriedAt: row.next_attempt_at,
    })),
    usage,
    deadLetters: deadLetters.length,
    outbox: { waiting: outbox?.waiting ?? 0n, oldest: outbox?.oldest ?? null },
    unsentAlerts: alerts.length,
    plansInReview,
    unmappedCustomers: unmapped.map((row) => row.customer_id),
    now,
  };
  return { today, period, run, cells, invoices, situation, attention: attention(situation) };
}

function missingCell({
  region,
  source,
  day,
  state,
}: RequiredCell): readonly { region: string; source: string; day: UtcDay; reason: string }[] {
  switch (state.kind) {
    case 'complete':
    case 'waived':
    case 'running':
      return [];
    case 'failed':
      return [{ region, source, day, reason: state.reason.replaceAll('_', ' ') }];
    case 'missing':
      return [{ region, source, day, reason: 'never read' }];
    default:
      return state satisfies never;
  }
}

function figures({ cells, today, invoices, situation, period }: View, now: Date): Html {
  const due = cells.filter((cell) => isDue(cell, today));
  const present = due.filter((cell) => cell.state.kind === 'complete' || cell.state.kind === 'waived').length;
  const held = invoices.filter((invoice) => invoice.status === 'held').length;
  const { exceptions, deadLetters, outbox } = situation;
  const waiting = outbox.oldest === null ? 'nothing waits' : `oldest ${formatAge(outbox.oldest, now)}`;
  return html`<div class="figures">
${figure('Usage present', `${formatCount(present)} / ${formatCount(due.length)}`, present === due.length ? 'all that is due' : `${due.length - present} missing`, `/usage?period=${period}`, present === due.length ? 'good' : 'bad')}
${figure('Invoices', formatCount(invoices.length), held === 0 ? 'none held' : `${held} held`, `/runs/${period}`, held === 0 ? 'quiet' : 'warning')}
${figure('Exceptions', formatCount(exceptions.length), exceptions.length === 0 ? 'none open' : 'open', '/exceptions', exceptions.length === 0 ? 'quiet' : 'warning')}
${figure('Dead letters', formatCount(deadLetters), deadLetters === 0 ? 'none wait' : 'put aside', '/exceptions#dead-letters', deadLetters === 0 ? 'quiet' : 'bad')}
${figure('Outbox', formatCount(outbox.waiting), waiting, '/exceptions', 'quiet')}
</div>`;
}

function tasks(items: readonly Attention[]): Html {
  if (items.length === 0) return html`<p class="muted">Nothing. The machinery goes on by itself.</p>`;
  return html`<ul class="tasks">${items.map(
    (item) =>
      html`<li class="${item.tone}"><div><strong><a href="${item.address}">${item.what}</a></strong><p class="muted">${item.why}</p></div>${command(item.command)}</li>`,
  )}</ul>`;
}

function completeness({ cells, today, period }: View): Html {
  if (cells.length === 0) {
    return html`<p class="muted">No usage source is active in ${period}. Add regions, metrics and sources first; without them nothing is ever complete.</p>`;
  }
  return html`${completenessChart(cells, today)}${cellLegend()}
<p><a href="/usage?period=${period}">The same as a table, with every checkpoint</a></p>`;
}

function invoicesByState({ invoices, period }: View): Html {
  const groups = [...Map.groupBy(invoices, (invoice) => `${invoice.status} ${invoice.currency}`).values()];
  const rows = groups.flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const total = group.reduce((sum, invoice) => sum + invoice.total, 0n);
    return [[badge(first.status), formatCount(group.length), formatAmount(total, first.currency)]];
  });
  return tableOr(
    `No invoice of ${period} has been rated yet.`,
    'Invoices by state',
    [{ label: 'State' }, { label: 'Invoices', numeric: true }, { label: 'Total', numeric: true }],
    rows,
  );
}
