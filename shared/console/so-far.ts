import { html } from 'hono/html';
import { type DayRange, daysOf } from '../calendar/utc-day.ts';
import type { CostSoFar } from '../visibility/cost-so-far.ts';
import type { DayFigure, FigureLabel, UsageSoFar } from '../visibility/usage-so-far.ts';
import { dailyCharts } from './daily-chart.ts';
import { formatAmount, formatInstant, formatNumber } from './format.ts';
import type { Html } from './page.ts';
import { badge, section, type Tone, table, tableOr } from './parts.ts';

const TONES: Readonly<Record<FigureLabel, Tone>> = { provisional: 'warning', checkpointed: 'busy', invoiced: 'good' };

/** A customer's usage and cost of a period so far: charts, and each day with its label and what it comes from. */
export function soFarSections(usage: UsageSoFar, cost: CostSoFar, days: DayRange): Html {
  const note =
    usage.invoice === null
      ? 'From the current checkpoints, and where one is still to come from the latest snapshot of the day, marked with a star; in billed units.'
      : html`As <a href="/invoices/${usage.invoice}">invoice ${usage.invoice}</a> rests on it, in billed units.`;
  return html`${section(`Usage in ${usage.period}`, html`${dailyCharts(daysOf(days), usage.metrics)}${dayTable(usage)}`, note)}
${section(cost.kind === 'invoiced' ? `Cost of ${usage.period}` : `Cost of ${usage.period} so far`, costTable(cost), costNote(cost))}`;
}

function dayTable({ metrics }: UsageSoFar): Html {
  const rows = metrics.flatMap((metric) =>
    metric.days.map((day) => [
      day.day,
      metric.title,
      day.quantity === null
        ? html`<span class="muted">not known</span>`
        : html`${formatNumber(day.quantity)} <span class="muted">${metric.unit}</span>`,
      badge(day.label, TONES[day.label]),
      origins(day),
    ]),
  );
  if (rows.length === 0) return html``;
  const columns = [
    { label: 'Day' },
    { label: 'Metric' },
    { label: 'Quantity', numeric: true },
    { label: 'Figure' },
    { label: 'From' },
  ] as const;
  return html`<details><summary>Each day, and what it comes from</summary>${table('Usage by day', columns, rows)}</details>`;
}

function origins({ from }: DayFigure): Html {
  return html`${from.map((source) => html`<span class="sub">${origin(source)}</span>`)}`;
}

function origin(source: DayFigure['from'][number]): Html {
  switch (source.kind) {
    case 'invoice':
      return html`<a href="/invoices/${source.invoice}">${source.invoice}</a>`;
    case 'checkpoint':
      return html`<a href="/checkpoints/${source.checkpointId}">${source.checkpoint}</a>`;
    case 'snapshot':
      return html`${source.region}/${source.source}, as of ${formatInstant(source.asOf)}`;
    case 'waiver':
      return html`${source.region}/${source.source}, waived: ${source.why}`;
    case 'awaited':
      return html`${source.region}/${source.source} awaited${source.reason === null ? '' : `: ${source.reason}`}`;
    default:
      return source satisfies never;
  }
}

function costTable(cost: CostSoFar): Html {
  if (cost.kind === 'held')
    return html`<p class="muted">No cost: ${cost.reason.replaceAll('_', ' ')}. ${cost.detail}</p>`;
  const rows = [
    ...cost.lines.map((line) => [
      html`${line.label}${line.project === null ? '' : html`<span class="sub">${line.project}</span>`}`,
      line.quantity === null ? '' : formatNumber(line.quantity),
      formatAmount(BigInt(line.amount), cost.currency),
    ]),
    ...cost.adjustments.flatMap(({ adjustment, lines }) =>
      lines.map(({ label, amount }) => [
        html`<a href="/adjustments/${adjustment}">${label}</a>`,
        '',
        formatAmount(BigInt(amount), cost.currency),
      ]),
    ),
    ['Total', '', html`<strong>${formatAmount(BigInt(cost.total), cost.currency)}</strong>`],
  ];
  return tableOr(
    'Nothing is charged.',
    'Cost by line',
    [{ label: 'Line' }, { label: 'Quantity', numeric: true }, { label: 'Amount', numeric: true }],
    rows,
  );
}

function costNote(cost: CostSoFar): Html | undefined {
  switch (cost.kind) {
    case 'invoiced':
      return html`The invoice's own lines: <a href="/invoices/${cost.invoice}">${cost.number ?? cost.invoice}</a>.`;
    case 'so_far':
      return html`By the same rating as the invoice: what it would be if nothing more were used. Fixed fees are those of the whole period.`;
    case 'held':
      return undefined;
    default:
      return cost satisfies never;
  }
}
