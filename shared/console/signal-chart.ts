import type { EChartsOption } from 'echarts';
import { CHART_COLOURS, renderChart } from './charts.ts';
import type { Html } from './page.ts';

const BAR_HEIGHT = 22;
const FRAME_HEIGHT = 34;

/** Bars beside their names, the first on top. `label` says the same in words. */
export function barsByName(
  label: string,
  bars: readonly (readonly [string, number])[],
  text: (value: number) => string,
): Html {
  const upwards = bars.toReversed();
  const option: EChartsOption = {
    grid: { left: 220, right: 60, top: 6, bottom: 22 },
    xAxis: {
      type: 'value',
      min: 0,
      minInterval: 1,
      splitLine: { lineStyle: { color: CHART_COLOURS.line } },
      axisLabel: { color: CHART_COLOURS.text, fontSize: 11, formatter: (value: number) => text(value) },
    },
    yAxis: {
      type: 'category',
      data: upwards.map(([name]) => name),
      axisTick: { show: false },
      axisLine: { lineStyle: { color: CHART_COLOURS.line } },
      axisLabel: { color: CHART_COLOURS.text, fontSize: 11, width: 205, overflow: 'truncate' },
    },
    series: [
      {
        type: 'bar',
        silent: true,
        barMaxWidth: 14,
        data: upwards.map(([, value]) => value),
        itemStyle: { color: CHART_COLOURS.bar, borderRadius: [0, 2, 2, 0] },
      },
    ],
  };
  return renderChart(option, { width: 720, height: FRAME_HEIGHT + bars.length * BAR_HEIGHT }, label);
}
