import { pick, seedOf } from './chance.ts';
import { SCRAPE_INTERVAL_MS, type Span, scrapesOf } from './life.ts';
import type { Region, ScenarioProject } from './scenario.ts';
import type { GeneratedSeries } from './telemetry.ts';

interface GaugeShape {
  readonly name: string;
  readonly metric: GeneratedSeries['metric'];
  readonly job: string;
  /** The values are whole numbers of 10^-decimals. */
  readonly decimals: number;
  valueAt(seed: number, weight: number, instant: number): number;
}

const SHAPES: readonly GaugeShape[] = [
  {
    name: 'gateway_requests_per_second',
    metric: 'peak_rps',
    job: 'gateway',
    decimals: 1,
    valueAt: (seed, weight, instant) => weight * (20 + pick(seed, instant / SCRAPE_INTERVAL_MS, 300)),
  },
  {
    name: 'models_active',
    metric: 'active_models',
    job: 'runtime',
    decimals: 0,
    valueAt: (seed, weight, instant) => 1 + pick(seed, Math.floor(instant / (36 * SCRAPE_INTERVAL_MS)), weight + 2),
  },
  {
    name: 'memory_used_bytes',
    metric: 'memory_gb_hours',
    job: 'runtime',
    decimals: 0,
    valueAt: (seed, weight, instant) => weight * 4_096 * (300_000 + pick(seed, instant / SCRAPE_INTERVAL_MS, 200_000)),
  },
];

/** The gauges of a project in a region. The one of `quanta-kyc` is scraped in the last millisecond of the day. */
export function gauges(project: ScenarioProject, region: Region, life: Span): GeneratedSeries[] {
  return SHAPES.map(({ name, metric, job, decimals, valueAt }) => {
    const seed = seedOf(`${name} ${region} ${project.id}`);
    const offsetMs = project.id === 'quanta-kyc' ? SCRAPE_INTERVAL_MS - 1 : pick(seed, 0, SCRAPE_INTERVAL_MS);
    const instants = scrapesOf(life, offsetMs, seed);
    const values = instants.map((instant) => valueAt(seed, project.weight, instant));
    const labels = { job, region, project: project.id, instance: `${job}-0` };
    return { name, metric, labels, decimals, instants, values };
  });
}

/** Whether the region's targets answered their scrapes: always, in the demo. */
export function upGauges(region: Region, span: Span): GeneratedSeries[] {
  return ['gateway', 'runtime'].map((job) => {
    const labels = { job, region, instance: `${job}-0` };
    const instants = scrapesOf(span, pick(seedOf(`up ${job} ${region}`), 0, SCRAPE_INTERVAL_MS), 0);
    return { name: 'up', metric: 'up', labels, decimals: 0, instants, values: instants.map(() => 1) };
  });
}
