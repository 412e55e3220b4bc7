import type { EChartsOption } from 'echarts';
import { BarChart, CustomChart } from 'echarts/charts';
import { GridComponent } from 'echarts/components';
import * as echarts from 'echarts/core';
import { SVGRenderer } from 'echarts/renderers';
import { html, raw } from 'hono/html';
import type { Html } from './page.ts';

echarts.use([BarChart, CustomChart, GridComponent, SVGRenderer]);

/** Colours are the style sheet's, so that a chart follows light and dark by itself. */
export const CHART_COLOURS = {
  text: 'var(--muted)',
  line: 'var(--line)',
  bar: 'var(--accent)',
  provisional: 'var(--muted)',
  less: 'var(--warning)',
} as const;

/**
 * A chart as SVG inside the page. `label` says in words what it shows, for those who do not see it. Inline styles are
 * taken out: the page's policy forbids them, and the style sheet says the same.
 */
export function renderChart(
  option: EChartsOption,
  size: { readonly width: number; readonly height: number },
  label: string,
): Html {
  const chart = echarts.init(null, null, { renderer: 'svg', ssr: true, ...size });
  try {
    chart.setOption({ ...option, animation: false });
    const svg = chart
      .renderToSVGString()
      .replace(/<style[\s\S]*?<\/style>/g, '')
      .replace(/ (?:style|class|pointer-events|ecmeta_\w+)="[^"]*"/g, '')
      .replace(/^<svg width="\d+" height="\d+"/, '<svg aria-hidden="true" focusable="false"');
    return html`<div class="chart" role="img" aria-label="${label}">${raw(svg)}</div>`;
  } finally {
    chart.dispose();
  }
}
