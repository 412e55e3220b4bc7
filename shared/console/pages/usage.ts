import { html } from 'hono/html';
import { type BillingPeriod, nextPeriod, periodDays, previousPeriod } from '../../calendar/billing-period.ts';
import { type UtcDay, utcDayOf } from '../../calendar/utc-day.ts';
import { completenessOf, type RequiredCell } from '../../usage/completeness.ts';
import { CELL_SIGNS, cellLegend, isDue } from '../heat-map.ts';
import type { Html, Page, PageContext } from '../page.ts';
import { section } from '../parts.ts';
import { latestPeriod } from '../shown-period.ts';
import { usageSections } from '../usage-sections.ts';

/** The completeness matrix of a period; the latest run's when none is named. */
export async function usagePage(
  context: PageContext,
  query: { readonly period?: BillingPeriod | undefined },
): Promise<Page> {
  const { reader, now } = context;
  const period = query.period ?? (await latestPeriod(context));
  const today = utcDayOf(now);
  const cells = await completenessOf(reader, periodDays(period));
  const body = html`<div class="head"><h1>Usage of ${period}</h1>
<p class="muted">One cell is one source in one region on one UTC day. Missing is never zero: every cell needs a checkpoint or a waiver before the period is priced.</p></div>
${section('Checkpoints', cells.length === 0 ? html`<p class="muted">No usage source is active in ${period}.</p>` : html`${matrix(cells, today)}${cellLegend()}`)}
${await usageSections(reader, periodDays(period))}
<nav class="pages" aria-label="Periods"><a href="/usage?period=${previousPeriod(period)}">← ${previousPeriod(period)}</a><a href="/usage?period=${nextPeriod(period)}">${nextPeriod(period)} →</a></nav>
<p><a href="/retention">How long usage is kept, month by month</a></p>`;
  return { status: 200, title: `Usage ${period}`, active: 'usage', body };
}

function matrix(cells: readonly RequiredCell[], today: UtcDay): Html {
  const days = [...new Set(cells.map((cell) => cell.day))].sort();
  const regions = [...Map.groupBy(cells, (cell) => cell.region)];
  return html`<div class="scroll" role="region" aria-label="Completeness matrix" tabindex="0"><table class="matrix">
<caption class="hidden">Completeness by region, source and day</caption>
<thead><tr><th scope="col">Source</th>${days.map((day) => html`<th scope="col"><abbr title="${day}">${day.slice(8)}</abbr></th>`)}</tr></thead>
${regions.map(
  ([
    region,
    ofRegion,
  ]) => html`<tbody><tr class="group"><th scope="rowgroup" colspan="${days.length + 1}">${region}</th></tr>
${[...Map.groupBy(ofRegion, (cell) => cell.source)].map(([source, row]) => matrixRow(source, row, days, today))}</tbody>`,
)}</table></div>`;
}

function matrixRow(source: string, row: readonly RequiredCell[], days: readonly UtcDay[], today: UtcDay): Html {
  const byDay = new Map(row.map((cell) => [cell.day, cell]));
  return html`<tr><th scope="row">${source}</th>${days.map((day) => {
    const cell = byDay.get(day);
    return html`<td>${cell === undefined ? '' : square(cell, today)}</td>`;
  })}</tr>`;
}

function square(cell: RequiredCell, today: UtcDay): Html {
  const { region, source, day, state } = cell;
  const [look, sign] = isDue(cell, today) ? [state.kind, CELL_SIGNS[state.kind]] : ['future', '·'];
  const label = `${day}: ${look === 'future' ? 'not due yet' : describe(cell)}`;
  return html`<a class="cell ${look}" href="/usage/${region}/${source}/${day}" title="${label}" aria-label="${label}">${sign}</a>`;
}

function describe({ state }: RequiredCell): string {
  switch (state.kind) {
    case 'complete':
      return `complete, revision ${state.revision}, ${state.rowCount} rows`;
    case 'waived':
      return `waived: ${state.why}`;
    case 'running':
      return 'being read';
    case 'failed':
      return `failed: ${state.reason}`;
    case 'missing':
      return 'missing';
    default:
      return state satisfies never;
  }
}
