import type { CustomSeriesRenderItem, EChartsOption } from 'echarts';
import { html } from 'hono/html';
import type { CellState, RequiredCell } from '../usage/completeness.ts';
import { CHART_COLOURS, renderChart } from './charts.ts';
import type { Html } from './page.ts';

type StateName = CellState['kind'];

/** In the order of the legend. The sign tells the states apart without colour. */
export const CELL_SIGNS: Readonly<Record<StateName, string>> = {
  complete: '✓',
  waived: 'w',
  running: '…',
  failed: '✕',
  missing: '·',
};

const ROW_HEIGHT = 22;
/** No text is measured on a server: a generous width keeps the longest label whole. */
const LABEL_CHARACTER_WIDTH = 7;
const LABEL_GAP = 16;

/** Region × source against the days: one square a cell. Days that are still to come are drawn as such. */
export function completenessChart(cells: readonly RequiredCell[], today: string): Html {
  const rows = [...new Set(cells.map((cell) => `${cell.region}  ${cell.source}`))];
  const days = [...new Set(cells.map((cell) => cell.day))].sort();
  const counts = countStates(cells.filter((cell) => isDue(cell, today)));
  const label = `Completeness of ${rows.length} sources over ${days.length} days: ${counts}`;
  const places = cells.map((cell) => [days.indexOf(cell.day), rows.indexOf(`${cell.region}  ${cell.source}`)]);
  const looks = cells.map((cell) => (isDue(cell, today) ? cell.state.kind : 'future'));
  const option: EChartsOption = {
    grid: {
      left: LABEL_GAP + Math.max(0, ...rows.map((row) => row.length)) * LABEL_CHARACTER_WIDTH,
      right: 8,
      top: 24,
      bottom: 4,
    },
    xAxis: { type: 'category', position: 'top', data: days.map((day) => day.slice(8)), ...AXIS },
    yAxis: { type: 'category', inverse: true, data: rows, ...AXIS, axisLabel: { ...AXIS.axisLabel, interval: 0 } },
    series: [{ type: 'custom', silent: true, renderItem: drawCells(looks), data: places }],
  };
  return renderChart(option, { width: 960, height: 30 + rows.length * ROW_HEIGHT }, label);
}

const AXIS = {
  axisLine: { show: false },
  axisTick: { show: false },
  splitLine: { show: false },
  axisLabel: { color: CHART_COLOURS.text, fontSize: 11 },
} as const;

function drawCells(looks: readonly string[]): CustomSeriesRenderItem {
  return (parameters, api) => {
    const [x = 0, y = 0] = api.coord([api.value(0), api.value(1)]);
    const size = api.size?.([1, 1]);
    const [width = 20, height = ROW_HEIGHT] = Array.isArray(size) ? size : [size ?? 20];
    return {
      type: 'rect',
      shape: { x: x - width / 2 + 1, y: y - height / 2 + 1, width: width - 2, height: height - 2, r: 2 },
      style: { fill: `var(--cell-${looks[parameters.dataIndex] ?? 'missing'})` },
    };
  };
}

/** A day is due once it has ended; a cell that is there already counts as it is. */
export function isDue(cell: RequiredCell, today: string): boolean {
  return cell.day < today || cell.state.kind !== 'missing';
}

function countStates(cells: readonly RequiredCell[]): string {
  const groups = Map.groupBy(cells, (cell) => cell.state.kind);
  const parts = Object.keys(CELL_SIGNS).flatMap((state) => {
    const count = groups.get(state as StateName)?.length ?? 0;
    return count === 0 ? [] : [`${count} ${state}`];
  });
  return parts.length === 0 ? 'nothing is due yet' : parts.join(', ');
}

/** What the colours and signs mean. */
export function cellLegend(): Html {
  return html`<ul class="legend">${Object.entries(CELL_SIGNS).map(
    ([state, sign]) => html`<li><span class="cell ${state}" aria-hidden="true">${sign}</span>${state}</li>`,
  )}<li><span class="cell future" aria-hidden="true"></span>not due yet</li></ul>`;
}
