import type { EChartsOption } from 'echarts';
import { html } from 'hono/html';
import type { Rollup } from '../database/queries.generated.ts';
import { Exact } from '../exact/exact.ts';
import type { MetricSoFar } from '../visibility/usage-so-far.ts';
import { CHART_COLOURS, renderChart } from './charts.ts';
import { formatExact } from './format.ts';
import type { Html } from './page.ts';

/** Height of the plot in steps; quantities become whole steps only here, to be drawn. */
const STEPS = 1_000;
const TICKS = 4;

/** Bars for the days of a period. */
function dailyChart({ title, unit, days: figures }: MetricSoFar, days: readonly string[]): Html {
  const byDay = new Map(figures.map(({ day, quantity }) => [day, Exact.parse(quantity ?? '0')]));
  const provisional = new Set(figures.flatMap(({ day, label }) => (label === 'provisional' ? [day] : [])));
  const greatest = [...byDay.values()].reduce(Exact.max, Exact.zero);
  const top = niceCeiling(greatest);
  const bar = (day: string) => ({
    value: stepsOf(byDay.get(day) ?? Exact.zero, top),
    itemStyle: { color: provisional.has(day) ? CHART_COLOURS.provisional : CHART_COLOURS.bar },
  });
  const option: EChartsOption = {
    grid: { left: 84, right: 4, top: 10, bottom: 22 },
    xAxis: {
      type: 'category',
      data: days.map((day) => `${day.slice(8)}${provisional.has(day) ? '*' : ''}`),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: CHART_COLOURS.line } },
      axisLabel: { color: CHART_COLOURS.text, fontSize: 11 },
    },
    yAxis: {
      type: 'value',
      min: 0,
      max: STEPS,
      interval: STEPS / TICKS,
      splitLine: { lineStyle: { color: CHART_COLOURS.line } },
      axisLabel: {
        color: CHART_COLOURS.text,
        fontSize: 11,
        formatter: (step: number) => formatExact(top.multiply(Exact.of(BigInt(step), BigInt(STEPS)))),
      },
    },
    series: [
      {
        type: 'bar',
        silent: true,
        barCategoryGap: '25%',
        data: days.map(bar),
        itemStyle: { borderRadius: [2, 2, 0, 0] },
      },
    ],
  };
  const label = `${title} by day in ${unit}; at most ${formatExact(greatest, 3)}`;
  return renderChart(option, { width: 720, height: 180 }, label);
}

function stepsOf(quantity: Exact, top: Exact): number {
  const steps = quantity
    .divide(top)
    .multiply(Exact.of(BigInt(STEPS)))
    .roundHalfAwayFromZero();
  return Number(steps);
}

const NICE = [1n, 2n, 4n, 5n, 8n, 10n];

/** The least of 1, 2, 4, 5, 8 × 10^k that is not below the value; 1 for zero. */
export function niceCeiling(value: Exact): Exact {
  if (value.isZero()) return Exact.one;
  const ten = Exact.of(10n);
  let magnitude = Exact.one;
  while (magnitude.multiply(ten).compare(value) < 0) magnitude = magnitude.multiply(ten);
  while (magnitude.compare(value) > 0) magnitude = magnitude.divide(ten);
  const factor = NICE.find((candidate) => magnitude.multiply(Exact.of(candidate)).compare(value) >= 0) ?? 10n;
  return magnitude.multiply(Exact.of(factor));
}

const ROLLUP_WORDS: Readonly<Record<Rollup, string>> = {
  sum: 'the days are added up',
  max: 'the greatest day counts',
  mean: 'the mean of the days counts',
  last: 'the last day counts',
};

/** One chart for each metric that was used. Days whose figure is provisional have a lighter bar, and a star at their number. */
export function dailyCharts(days: readonly string[], metrics: readonly MetricSoFar[]): Html {
  const used = metrics.filter((metric) => metric.days.some(({ quantity }) => quantity !== null && quantity !== '0'));
  if (used.length === 0) return html`<p class="muted">No usage.</p>`;
  return html`<div class="columns">${used.map(
    (metric) =>
      html`<figure class="plot"><figcaption><strong>${metric.title}</strong> <span class="muted">in ${metric.unit}; ${ROLLUP_WORDS[metric.rollup]}</span></figcaption>
${dailyChart(metric, days)}</figure>`,
  )}</div>`;
}
