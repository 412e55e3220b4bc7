import { type BillingPeriod, billingPeriod, parseBillingPeriod } from '../calendar/billing-period.ts';
import { readShadowReport, type ShadowCustomer, type ShadowReport } from '../corrections/shadow-report.ts';
import { addCommand, type Registration, runReading } from './commands.ts';
import type { CommandOutcome } from './outcome.ts';
import type { Session } from './session.ts';
import { money } from './terminal/figures.ts';
import type { Style } from './terminal/style.ts';
import { counted, indent, plain, table } from './terminal/table.ts';

const MOST_PERIODS = 36;

export function registerShadowReport(group: Parameters<typeof addCommand>[0], registration: Registration): void {
  addCommand(
    group,
    'shadow-report',
    'old against new: what fixed tiers billed, and what the usage plan beside them would have',
  )
    .requiredOption('--period <periods>', 'a month like 2026-10, or several like 2026-08..2026-10')
    .option('--lines', 'every line of both sides')
    .action(
      runReading(registration, (session, options: { readonly period: string; readonly lines?: boolean }) =>
        shadowReport(session, options),
      ),
    );
}

async function shadowReport(
  { database }: Session,
  { period, lines }: { readonly period: string; readonly lines?: boolean },
): Promise<CommandOutcome> {
  const periods = periodsOf(period);
  if (typeof periods === 'string') return { kind: 'wrong_usage', message: periods };
  const report = await readShadowReport(database, periods);
  return { kind: 'done', value: report, text: (style) => reportText(report, lines === true, style) };
}

/** The months of `2026-08..2026-10`, or what is wrong with it. */
function periodsOf(text: string): readonly BillingPeriod[] | string {
  const [from, to = from, ...more] = text.split('..').map(parseBillingPeriod);
  if (from === undefined || to === undefined || more.length > 0)
    return `"${text.slice(0, 40)}" names no months; write 2026-10, or 2026-08..2026-10.`;
  if (from > to) return `${from} is after ${to}; write the earlier month first.`;
  const periods: BillingPeriod[] = [];
  for (let month = from; month <= to && periods.length <= MOST_PERIODS; month = nextMonth(month)) periods.push(month);
  return periods.length > MOST_PERIODS ? `That is more than ${MOST_PERIODS} months; ask for fewer.` : periods;
}

function nextMonth(period: BillingPeriod): BillingPeriod {
  const [year = '0', month = '1'] = period.split('-');
  return month === '12'
    ? billingPeriod(`${(BigInt(year) + 1n).toString().padStart(4, '0')}-01`)
    : billingPeriod(`${year}-${(BigInt(month) + 1n).toString().padStart(2, '0')}`);
}

function reportText(report: ShadowReport, withLines: boolean, style: Style): string {
  const [first = ''] = report.periods;
  const last = report.periods.at(-1) ?? first;
  const title = style.bold(`Fixed tiers against usage, ${first === last ? first : `${first} to ${last}`}`);
  const unrated = report.unrated.map(
    (each) => `${each.period} ${plain(each.customerName)} (${each.customer}): ${plain(each.why)}`,
  );
  const missing =
    unrated.length === 0 ? [] : ['', style.warning(`${unrated.length} could not be compared:`), ...unrated];
  if (report.customers.length === 0) return [title, 'No customer in shadow mode was rated.', ...missing].join('\n');
  const columns = [
    { title: 'customer' },
    { title: 'fixed tier', align: 'right' },
    { title: 'usage plan', align: 'right' },
    { title: 'difference', align: 'right' },
  ] as const;
  const rows = report.customers.map((each) => [
    `${plain(each.customerName)} (${each.customer})`,
    money(each.billed, each.currency),
    money(each.usage, each.currency),
    signed(each.difference, each.currency),
  ]);
  const totals = report.totals.map(
    (each) =>
      `${each.currency.toUpperCase()}: ${counted(each.customers, 'customer')}, ${money(each.billed, each.currency)} billed, ${money(each.usage, each.currency)} by usage, ${style.bold(signed(each.difference, each.currency))}; ${each.payMore} would pay more, ${each.payLess} less`,
  );
  const details = withLines ? report.customers.flatMap((each) => ['', linesText(each, style)]) : [];
  return [title, table(columns, rows, style), '', ...totals, ...missing, ...details].join('\n');
}

function linesText(customer: ShadowCustomer, style: Style): string {
  const lines = customer.lines.map(
    ({ side, line, label, amount }) =>
      `${side === 'billed' ? 'fixed tier' : 'usage plan'}  ${line}  ${plain(label)}  ${money(amount, customer.currency)}`,
  );
  return `${style.bold(plain(customer.customerName))}\n${indent(lines.join('\n'), 2)}`;
}

function signed(amount: bigint, code: string): string {
  return amount > 0n ? `+${money(amount, code)}` : money(amount, code);
}
