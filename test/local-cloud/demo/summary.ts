import { money } from '../../../shared/cli/terminal/figures.ts';
import type { Style } from '../../../shared/cli/terminal/style.ts';
import { counted, table } from '../../../shared/cli/terminal/table.ts';
import type { Outcome, ShownException, ShownInvoice } from './outcome.ts';
import { DEMO_PERIOD } from './period.ts';

/** The invoices with their totals, what went wrong and was recovered, and what is not right. */
export function summary({ invoices, exceptions, faults }: Outcome, style: Style): string {
  return [
    style.bold(`Invoices of ${DEMO_PERIOD}`),
    invoiceTable(invoices, style),
    totals(invoices),
    '',
    style.bold('What went wrong and was recovered'),
    recovered(exceptions),
    ...(faults.length === 0
      ? []
      : ['', style.bad('What is not as it should be'), ...faults.map((fault) => `  ${fault}`)]),
  ].join('\n');
}

function invoiceTable(invoices: readonly ShownInvoice[], style: Style): string {
  const columns = [
    { title: 'Customer' },
    { title: 'Plan' },
    { title: 'Mode' },
    { title: 'Lines', align: 'right' as const },
    { title: 'Total', align: 'right' as const },
    { title: 'Status' },
    { title: 'Stripe' },
  ];
  const rows = invoices.map((invoice) => [
    invoice.customer,
    invoice.plan,
    invoice.mode,
    String(invoice.lines),
    money(invoice.total, invoice.currency),
    invoice.status,
    invoice.number,
  ]);
  return table(columns, rows, style);
}

function totals(invoices: readonly ShownInvoice[]): string {
  const byCurrency = [...Map.groupBy(invoices, ({ currency }) => currency)];
  const sums = byCurrency.map(([currency, group]) =>
    money(
      group.reduce((sum, { total }) => sum + total, 0n),
      currency,
    ),
  );
  return `${counted(invoices.length, 'invoice')}, ${sums.join(' and ') || 'nothing billed'}`;
}

function recovered(exceptions: readonly ShownException[]): string {
  const ended = exceptions.filter(({ endedAt }) => endedAt !== null);
  if (ended.length === 0) return '  nothing went wrong';
  const incidents = [...Map.groupBy(ended, incidentOf)].sort(([a], [b]) => (a < b ? -1 : 1));
  return incidents.map(([incident, group]) => `  ${incident}\n    ${storyOf(group)}`).join('\n');
}

/** What failed together: the subjects of usage name region, source and day; the sources of one region and day are one incident. */
function incidentOf({ openedAt, what, reason }: ShownException): string {
  const [region, source, day] = what.split('/');
  const where =
    source !== undefined && day !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(day) ? `${region}, usage of ${day}` : what;
  return `${time(openedAt)}  ${where}: ${reason.replaceAll('_', ' ')}`;
}

function storyOf(group: readonly ShownException[]): string {
  const first = group[0];
  const last = Math.max(...group.map(({ endedAt }) => endedAt?.getTime() ?? 0));
  const minutes = Math.round((last - (first?.openedAt.getTime() ?? last)) / 60_000);
  const attempts = group.reduce((sum, one) => sum + one.attempts, 0);
  const said = (first?.detail ?? '').replace(/\s+/g, ' ').trim();
  const states = [...new Set(group.map(({ status }) => status))].join(' and ');
  return `${counted(group.length, 'source')}, ${counted(attempts, 'failed attempt')}, ${states} within ${minutes} min: ${said}`;
}

function time(at: Date): string {
  return at.toISOString().slice(0, 16).replace('T', ' ');
}
