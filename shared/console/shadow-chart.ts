import type { EChartsOption } from 'echarts';
import { html } from 'hono/html';
import type { ShadowCustomer } from '../corrections/shadow-report.ts';
import { CHART_COLOURS, renderChart } from './charts.ts';
import { formatAmount } from './format.ts';
import type { Html } from './page.ts';

/** Height of the plot in steps; amounts become whole steps only here, to be drawn. */
const STEPS = 1_000n;
const TICKS = 4;
const SHOWN = 12;

/** The largest movers of one currency as pairs of bars: the fixed tier, and the usage plan beside it. */
export function shadowChart(customers: readonly ShadowCustomer[], currency: string): Html {
  const shown = customers.filter((each) => each.currency === currency).slice(0, SHOWN);
  const greatest = shown
    .flatMap(({ billed, usage }) => [billed, usage])
    .reduce((most, amount) => (amount > most ? amount : most), 1n);
  const height = (amount: bigint) => Number((amount * STEPS) / greatest);
  const bars = (name: string, colour: string, side: 'billed' | 'usage') => ({
    type: 'bar' as const,
    name,
    itemStyle: { color: colour },
    data: shown.map((each) => height(each[side])),
  });
  const option: EChartsOption = {
    grid: { left: 110, right: 4, top: 10, bottom: 22 },
    xAxis: {
      type: 'category',
      data: shown.map(({ customer }) => customer),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: CHART_COLOURS.line } },
      axisLabel: { color: CHART_COLOURS.text, fontSize: 11 },
    },
    yAxis: {
      type: 'value',
      max: Number(STEPS),
      interval: Number(STEPS) / TICKS,
      splitLine: { lineStyle: { color: CHART_COLOURS.line } },
      axisLabel: {
        color: CHART_COLOURS.text,
        fontSize: 11,
        formatter: (step: number) => formatAmount((greatest * BigInt(Math.trunc(step))) / STEPS, currency),
      },
    },
    series: [bars('fixed tier', CHART_COLOURS.text, 'billed'), bars('usage plan', CHART_COLOURS.bar, 'usage')],
  };
  const label = `Fixed tier and usage plan of ${shown.length} customers: ${shown.map(({ customer, billed, usage }) => `${customer} ${formatAmount(billed, currency)} and ${formatAmount(usage, currency)}`).join('; ')}`;
  return html`${renderChart(option, { width: 920, height: 260 }, label)}<p class="muted">Left bar of each pair: the fixed tier as billed. Right bar: the usage plan beside it.</p>`;
}
