import type { Command } from 'commander';
import { type BillingPeriod, periodOf } from '../calendar/billing-period.ts';
import { utcDayOf } from '../calendar/utc-day.ts';
import { customerFind } from '../database/queries.generated.ts';
import { type CostSoFar, costSoFar } from '../visibility/cost-so-far.ts';
import { asVisibility } from '../visibility/role.ts';
import { type DayFigure, type MetricSoFar, type UsageSoFar, usageSoFar } from '../visibility/usage-so-far.ts';
import { addCommand, parsePeriodArgument, type Registration, runReading } from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Session } from './session.ts';
import { figure, instant, money } from './terminal/figures.ts';
import type { Style } from './terminal/style.ts';
import { counted, indent, plain, table } from './terminal/table.ts';

interface SoFarOptions {
  readonly customer: string;
  readonly period?: BillingPeriod;
}

export function registerUsageSoFar(group: Command, registration: Registration): void {
  addCommand(
    group,
    'so-far',
    'what a customer has used of a period by now and what it costs so far, each figure with where it comes from',
  )
    .requiredOption('--customer <customer>', 'the customer, like acme')
    .option('--period <period>', 'the month, like 2026-10; otherwise the present one', parsePeriodArgument)
    .action(runReading(registration, soFar));
}

async function soFar({ database, effects }: Session, { customer, period }: SoFarOptions): Promise<CommandOutcome> {
  const now = effects.now();
  const shown = period ?? periodOf(utcDayOf(now));
  if ((await database.first(customerFind, { customer_id: customer })) === undefined)
    return refused('unknown_customer', `There is no customer "${customer.slice(0, 100)}".`);
  const intent = { actor: 'service:daybook', why: `usage of ${customer} in ${shown} so far` };
  const [usage, cost] = await asVisibility(database, intent, async (reader) => [
    await usageSoFar(reader, customer, shown, now),
    await costSoFar(reader, customer, shown, now),
  ]);
  return { kind: 'done', value: { usage, cost }, text: (style) => soFarText(usage, cost, style) };
}

function soFarText(usage: UsageSoFar, cost: CostSoFar, style: Style): string {
  const head = style.bold(`${usage.customer} in ${usage.period}, as of ${instant(usage.now)}`);
  const metrics = usage.metrics.map((metric) => metricText(metric, style));
  const none = metrics.length === 0 ? ['Nothing is known of this period yet.'] : [];
  return [head, ...metrics, ...none, costText(cost, style)].join('\n\n');
}

function metricText({ title, unit, rollup, days }: MetricSoFar, style: Style): string {
  const rows = days.map((day) => [
    day.day,
    day.quantity === null ? style.dim('not known') : figure(day.quantity),
    labelPaint(day.label, style),
    originText(day),
  ]);
  const listed = table(
    [{ title: 'day' }, { title: unit, align: 'right' }, { title: 'figure' }, { title: 'from' }],
    rows,
    style,
  );
  return `${plain(title)} (${rollup} of the days)\n${indent(listed, 2)}`;
}

function labelPaint(label: DayFigure['label'], style: Style): string {
  switch (label) {
    case 'provisional':
      return style.warning(label);
    case 'checkpointed':
      return label;
    case 'invoiced':
      return style.good(label);
    default:
      return label satisfies never;
  }
}

/** Where a day's figure comes from, in few words: how many checkpoints, snapshots with the oldest instant, what is awaited. */
function originText({ from }: DayFigure): string {
  const parts: string[] = [];
  const invoice = from.find((source) => source.kind === 'invoice');
  if (invoice !== undefined) parts.push(`invoice ${invoice.invoice}`);
  const checkpoints = from.filter(({ kind }) => kind === 'checkpoint').length;
  if (checkpoints > 0) parts.push(counted(checkpoints, 'checkpoint'));
  const waivers = from.filter(({ kind }) => kind === 'waiver').length;
  if (waivers > 0) parts.push(counted(waivers, 'waiver'));
  const snapshots = from.flatMap((source) => (source.kind === 'snapshot' ? [source.asOf] : []));
  const oldest = snapshots.toSorted((a, b) => a.getTime() - b.getTime())[0];
  if (oldest !== undefined) parts.push(`${counted(snapshots.length, 'snapshot')}, as of ${instant(oldest)}`);
  const awaited = from.flatMap((source) =>
    source.kind === 'awaited'
      ? [`${source.region}/${source.source}${source.reason === null ? '' : `: ${source.reason}`}`]
      : [],
  );
  if (awaited.length > 0) parts.push(`awaited ${awaited.join(', ')}`);
  return parts.join('; ');
}

function costText(cost: CostSoFar, style: Style): string {
  if (cost.kind === 'held') return `${style.warning('no cost')}: ${cost.reason}, ${plain(cost.detail)}`;
  const lines = table(
    [{ title: 'line' }, { title: 'quantity', align: 'right' }, { title: 'amount', align: 'right' }],
    [
      ...cost.lines.map((line) => [
        plain(line.project === null ? line.label : `${line.label}, ${line.project}`),
        line.quantity === null ? '' : figure(line.quantity),
        money(BigInt(line.amount), cost.currency),
      ]),
      ...cost.adjustments.flatMap(({ lines }) =>
        lines.map(({ label, amount }) => [plain(label), '', money(BigInt(amount), cost.currency)]),
      ),
    ],
    style,
  );
  const total = style.bold(money(BigInt(cost.total), cost.currency));
  const what =
    cost.kind === 'invoiced'
      ? `${total} on invoice ${cost.invoice}`
      : `${total} so far: what the invoice would be if nothing more were used`;
  return `${lines}\n\n${what}`;
}
