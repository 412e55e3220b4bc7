import type { EChartsOption } from 'echarts';
import { html } from 'hono/html';
import { Exact } from '../../exact/exact.ts';
import { CHART_COLOURS, renderChart } from '../charts.ts';
import { niceCeiling } from '../daily-chart.ts';
import { formatAmount } from '../format.ts';
import type { Html } from '../page.ts';

export interface ChartedTotal {
  readonly name: string;
  readonly total: bigint;
}

const BARS = 12;
/** Length of the longest bar in steps; amounts become whole steps only here, to be drawn. */
const STEPS = 1_000;
const NAME_LENGTH = 28;

/** The greatest totals of a currency as bars, the rest in one; nothing when there is nothing to compare. */
export function totalChart(currency: string, totals: readonly ChartedTotal[]): Html {
  const shown = shownTotals(totals.filter(({ total }) => total > 0n));
  if (shown.length < 2) return html``;
  const greatest = shown.reduce((most, { total }) => (total > most ? total : most), 0n);
  const top = niceCeiling(Exact.of(greatest));
  const steps = (total: bigint) =>
    Number(
      Exact.of(total)
        .divide(top)
        .multiply(Exact.of(BigInt(STEPS)))
        .roundHalfAwayFromZero(),
    );
  const option: EChartsOption = {
    grid: { left: 190, right: 120, top: 6, bottom: 6 },
    xAxis: { type: 'value', min: 0, max: STEPS, show: false },
    yAxis: {
      type: 'category',
      inverse: true,
      data: shown.map(({ name }) => shortened(name)),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: CHART_COLOURS.line } },
      axisLabel: { color: CHART_COLOURS.text, fontSize: 11 },
    },
    series: [
      {
        type: 'bar',
        silent: true,
        barCategoryGap: '30%',
        itemStyle: { color: CHART_COLOURS.bar },
        data: shown.map(({ total }) => steps(total)),
        label: {
          show: true,
          position: 'right',
          color: CHART_COLOURS.text,
          fontSize: 11,
          formatter: ({ dataIndex }) => formatAmount(shown[dataIndex]?.total ?? 0n, currency),
        },
      },
    ],
  };
  const label = `The greatest totals in ${currency.toUpperCase()}, at most ${formatAmount(greatest, currency)}; the table of invoices has them all`;
  return renderChart(option, { width: 720, height: 22 * shown.length + 12 }, label);
}

function shownTotals(totals: readonly ChartedTotal[]): readonly ChartedTotal[] {
  const sorted = totals.toSorted((a, b) =>
    a.total === b.total ? (a.name < b.name ? -1 : 1) : a.total > b.total ? -1 : 1,
  );
  if (sorted.length <= BARS) return sorted;
  const rest = sorted.slice(BARS);
  const total = rest.reduce((sum, one) => sum + one.total, 0n);
  return [...sorted.slice(0, BARS), { name: `${rest.length} others`, total }];
}

function shortened(name: string): string {
  const characters = [...name];
  return characters.length > NAME_LENGTH ? `${characters.slice(0, NAME_LENGTH - 1).join('')}…` : name;
}
