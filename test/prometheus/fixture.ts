import { onTestFinished } from 'vitest';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { prometheusQuery } from '../../shared/sources/prometheus/client.ts';
import { prometheusReader } from '../../shared/sources/prometheus/reader.ts';
import { prometheusSourceSchema } from '../../shared/sources/prometheus/source.ts';
import type { StoredSeries } from '../local-cloud/prometheus/evaluate.ts';
import { PrometheusStandIn } from '../local-cloud/prometheus/server.ts';
import { type WholeReading, wholeReading } from '../usage/reading.ts';

export const DAY = utcDay('2026-10-12');
export const MIDNIGHT = Date.parse('2026-10-12T00:00:00Z');
export const HOUR = 3_600_000;

type Point = readonly [instant: number, value: number];

/** A series with these samples (instants in hours from the day's midnight, which may be negative). */
export function series(points: readonly Point[], labels: Readonly<Record<string, string>> = {}): StoredSeries {
  return {
    name: 'usage',
    labels: { region: 'r1', project: 'p1', instance: 'i1', ...labels },
    decimals: 0,
    instants: points.map(([hours]) => MIDNIGHT + Math.round(hours * HOUR)),
    values: points.map(([, value]) => value),
  };
}

/** One sample an hour at half past, from `from` hours after midnight to before `to`. */
export function hourly(from: number, to: number, valueAt: (hour: number) => number): Point[] {
  return Array.from({ length: to - from }, (_, index) => [from + index + 0.5, valueAt(from + index)] as const);
}

/** A target that was scraped all day, and the hour before. */
export const UP: StoredSeries = {
  ...series(
    hourly(-1, 24, () => 1),
    { instance: 'target' },
  ),
  name: 'up',
};

export const SOURCE = {
  kind: 'prometheus',
  endpoint: 'test',
  selector: 'usage',
  aggregation: 'counter',
  regionLabel: 'region',
  scrapeIntervalSeconds: 3_600,
  staleAfterSeconds: 7_200,
  lookbackSeconds: 7_200,
  upSelector: 'up',
} as const;

/** A server that holds the series, for this test. */
export async function serve(...all: readonly StoredSeries[]): Promise<{ server: PrometheusStandIn; url: string }> {
  const server = new PrometheusStandIn(all);
  const url = await server.listen();
  onTestFinished(() => server.close());
  return { server, url };
}

/** Reads the day; `over` replaces settings of the source. */
export function readDay(
  url: string,
  over: Readonly<Record<string, unknown>> = {},
  timeoutMs = 5_000,
): Promise<WholeReading> {
  const source = prometheusSourceSchema.parse({ ...SOURCE, ...over });
  const query = prometheusQuery(systemEffects(), { url, timeoutMs, maximumBodyBytes: 1_000_000 });
  return wholeReading((keep) => prometheusReader(query, source).read('r1', DAY, keep));
}

/** Reads the day from a server of its own. */
export async function read(
  all: readonly StoredSeries[],
  over: Readonly<Record<string, unknown>> = {},
): Promise<WholeReading> {
  const { url } = await serve(...all);
  return readDay(url, over);
}
