import { type Backtest, type BacktestLine, type CustomerChange, changesByCustomer } from '../catalogue/backtest.ts';
import type { PlanChange } from '../catalogue/plan-review.ts';
import { money } from './terminal/figures.ts';
import type { Style } from './terminal/style.ts';
import { counted, indent, plain, table } from './terminal/table.ts';

const SHOWN_CUSTOMERS = 10;
const SHOWN_LINES = 3;
const right = 'right' as const;

/** Who pays more, who less, and why. */
export function backtestText(backtest: Backtest, changes: readonly PlanChange[], style: Style): string {
  if (backtest.rows.length === 0) return emptyText(backtest, style);
  return [
    `${style.bold(backtest.plan)} over ${backtest.periods.join(', ')}: ${summaryText(backtest)}`,
    ...cellsWarning(backtest, style),
    totalsText(backtest, style),
    `Expected in a month: ${amount(backtest.expectedMonthlyRevenue, backtest)}. Largest change of a customer in a month: ${amount(backtest.largestCustomerChange, backtest)}.`,
    ...customersText(backtest, style),
    ...whyText(backtest, changes, style),
  ].join('\n\n');
}

/** The differences between two versions, one sentence each. */
export function changesText(changes: readonly PlanChange[]): string {
  return changes.length === 0 ? 'Nothing changes.' : changes.map((change) => `- ${plain(change.sentence)}`).join('\n');
}

function emptyText(backtest: Backtest, style: Style): string {
  const why =
    backtest.periods.length === 0
      ? 'no month has been measured to its end yet'
      : `nobody had a contract on it in ${backtest.periods.join(', ')}`;
  return `${style.bold(backtest.plan)}: there is nothing to compare, because ${why}. Name customers with --customer to compare them with what bills them.`;
}

function summaryText({ customers }: Backtest): string {
  const parts = [
    `${counted(customers.payMore, 'customer')} would pay more`,
    `${customers.payLess} less`,
    `${customers.same} the same`,
  ];
  return `${[...parts, ...(customers.notRated > 0 ? [`${customers.notRated} cannot be rated`] : [])].join(', ')}.`;
}

function cellsWarning({ cells }: Backtest, style: Style): string[] {
  if (cells.missing === 0) return [];
  return [
    style.warning(
      `${cells.missing} of ${cells.required} days of a source have no checkpoint: amounts old and new are too low by their usage.`,
    ),
  ];
}

function totalsText(backtest: Backtest, style: Style): string {
  const rows = backtest.totals.map((month) => [
    month.period,
    amount(month.old, backtest),
    amount(month.new, backtest),
    difference(BigInt(month.new) - BigInt(month.old), backtest),
  ]);
  const columns = [
    { title: 'month' },
    { title: 'old', align: right },
    { title: 'new', align: right },
    { title: 'change', align: right },
  ];
  return table(columns, rows, style);
}

function customersText(backtest: Backtest, style: Style): string[] {
  const all = changesByCustomer(backtest.rows);
  const rated = all.filter((customer) => customer.refusals.length === 0);
  const more = rated.filter((customer) => customer.change > 0n);
  const less = rated.filter((customer) => customer.change < 0n).reverse();
  const refused = all.filter((customer) => customer.refusals.length > 0);
  return [
    ...group('Pay more', more, backtest, style),
    ...group('Pay less', less, backtest, style),
    ...(refused.length === 0 ? [] : [`${style.bad('Cannot be rated')}\n${refusedText(refused, style)}`]),
  ];
}

function group(title: string, customers: readonly CustomerChange[], backtest: Backtest, style: Style): string[] {
  if (customers.length === 0) return [];
  const columns = [
    { title: 'customer' },
    { title: 'old', align: right },
    { title: 'new', align: right },
    { title: 'change', align: right },
    { title: 'because of' },
  ];
  const rows = customers
    .slice(0, SHOWN_CUSTOMERS)
    .map((customer) => [
      customer.customer,
      amount(customer.old, backtest),
      amount(customer.new, backtest),
      difference(customer.change, backtest),
      plain(linesText(customer.lines, backtest)),
    ]);
  return [
    `${style.bold(title)} (${counted(customers.length, 'customer')})\n${table(columns, rows, style)}${leftOut(customers.length)}`,
  ];
}

function refusedText(customers: readonly CustomerChange[], style: Style): string {
  const rows = customers.slice(0, SHOWN_CUSTOMERS).map((customer) => {
    const first = customer.refusals[0];
    return [customer.customer, first?.side ?? '', plain(first?.detail ?? '')];
  });
  return `${table([{ title: 'customer' }, { title: 'version' }, { title: 'why' }], rows, style)}${leftOut(customers.length)}`;
}

function leftOut(count: number): string {
  return count > SHOWN_CUSTOMERS ? `\n… and ${count - SHOWN_CUSTOMERS} more; --json lists all.` : '';
}

function linesText(lines: readonly BacktestLine[], backtest: Backtest): string {
  const shown = lines.slice(0, SHOWN_LINES).map((line) => `${line.label} ${difference(BigInt(line.change), backtest)}`);
  return [...shown, ...(lines.length > SHOWN_LINES ? [`${lines.length - SHOWN_LINES} more`] : [])].join(', ');
}

/** The lines that differ, and under each what was changed in the plan that reaches it. */
function whyText(backtest: Backtest, changes: readonly PlanChange[], style: Style): string[] {
  if (backtest.lines.length === 0) return [];
  const lines = backtest.lines.map((line) => {
    const causes = changes
      .filter((change) => change.lines.includes(line.key))
      .map((change) => `- ${plain(change.sentence)}`);
    const head = `${plain(line.label)}: ${difference(BigInt(line.change), backtest)} over all customers and months`;
    return [head, ...causes.map((cause) => indent(cause, 2))].join('\n');
  });
  return [`${style.bold('Why')}\n${lines.join('\n')}`];
}

function amount(minor: string | bigint, { currency }: Backtest): string {
  return money(BigInt(minor), currency);
}

function difference(minor: bigint, { currency }: Backtest): string {
  return minor > 0n ? `+${money(minor, currency)}` : money(minor, currency);
}
