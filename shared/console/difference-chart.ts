import type { EChartsOption } from 'echarts';
import { Exact } from '../exact/exact.ts';
import { CHART_COLOURS, renderChart } from './charts.ts';
import { niceCeiling } from './daily-chart.ts';
import { formatAmount } from './format.ts';
import type { Html } from './page.ts';

interface Change {
  readonly customer: string;
  readonly customerName: string;
  /** Minor units. */
  readonly change: bigint;
}

/** Half the width of the plot in steps; amounts become whole steps only here, to be drawn. */
const STEPS = 1_000;
const BAR_HEIGHT = 24;
/** About the width of a page, so that its text is as large as the page's. */
const WIDTH = 1_040;
/** Half of the longest amount stands to the right of the last grid line. */
const AMOUNT_OVERHANG = 64;
/** No text is measured on a server: a generous width keeps the longest name whole. */
const LABEL_CHARACTER_WIDTH = 7;

/** Bars to the left for what is less than in the last period, to the right for what is more; the largest on top. */
export function differenceChart(currency: string, changes: readonly Change[]): Html {
  const greatest = changes.reduce((most, { change }) => Exact.max(most, Exact.of(change).abs()), Exact.zero);
  const top = niceCeiling(greatest);
  const label = (step: number) =>
    signed(top.multiply(Exact.of(BigInt(step), BigInt(STEPS))).roundHalfAwayFromZero(), currency);
  const option: EChartsOption = {
    grid: {
      left: 16 + Math.max(0, ...changes.map(({ customerName }) => customerName.length)) * LABEL_CHARACTER_WIDTH,
      right: AMOUNT_OVERHANG,
      top: 4,
      bottom: 24,
    },
    xAxis: {
      type: 'value',
      min: -STEPS,
      max: STEPS,
      interval: STEPS,
      splitLine: { lineStyle: { color: CHART_COLOURS.line } },
      axisLabel: { color: CHART_COLOURS.text, fontSize: 11, formatter: label },
    },
    yAxis: {
      type: 'category',
      inverse: true,
      data: changes.map(({ customerName }) => customerName),
      axisTick: { show: false },
      axisLine: { show: false },
      axisLabel: { color: CHART_COLOURS.text, fontSize: 11, interval: 0 },
    },
    series: [
      {
        type: 'bar',
        silent: true,
        barCategoryGap: '30%',
        data: changes.map(({ change }) => ({
          value: stepsOf(change, top),
          itemStyle: { color: change < 0n ? CHART_COLOURS.less : CHART_COLOURS.bar, borderRadius: 2 },
        })),
      },
    ],
  };
  const words = changes.map(({ customer, change }) => `${customer} ${signed(change, currency)}`).join(', ');
  const size = { width: WIDTH, height: 30 + changes.length * BAR_HEIGHT };
  return renderChart(option, size, `Change against the last period, the largest first: ${words}`);
}

function stepsOf(change: bigint, top: Exact): number {
  return Number(
    Exact.of(change)
      .divide(top)
      .multiply(Exact.of(BigInt(STEPS)))
      .roundHalfAwayFromZero(),
  );
}

/** An amount with its sign, also when it is more. */
export function signed(amount: bigint, currency: string): string {
  return `${amount > 0n ? '+' : ''}${formatAmount(amount, currency)}`;
}
