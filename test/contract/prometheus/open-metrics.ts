import type { GeneratedSeries } from '../../local-cloud/telemetry/telemetry.ts';

const DAY_MS = 86_400_000;

/**
 * The samples of each UTC day as one OpenMetrics text. Day by day, because promtool reads its input once for every two
 * hours in it.
 */
export function* openMetricsByDay(series: readonly GeneratedSeries[]): Generator<{ day: number; text: string }> {
  const first = Math.min(...series.map(({ instants }) => instants[0] ?? Number.POSITIVE_INFINITY));
  const last = Math.max(...series.map(({ instants }) => instants.at(-1) ?? 0));
  const next = new Map<GeneratedSeries, number>();
  for (let day = Math.floor(first / DAY_MS); day * DAY_MS <= last; day += 1) {
    const lines: string[] = [];
    for (const [name, family] of Map.groupBy(series, ({ name }) => name)) {
      const counter = name.endsWith('_total');
      lines.push(`# TYPE ${counter ? name.slice(0, -'_total'.length) : name} ${counter ? 'counter' : 'gauge'}`);
      for (const one of family) next.set(one, writeUntil((day + 1) * DAY_MS, one, next.get(one) ?? 0, lines));
    }
    yield { day, text: `${lines.join('\n')}\n# EOF\n` };
  }
}

/** Writes the samples from an index on that are before the instant; returns the index of the next one. */
function writeUntil(
  instant: number,
  { name, labels, decimals, instants, values }: GeneratedSeries,
  from: number,
  lines: string[],
): number {
  const selector = Object.entries(labels).map(([label, value]) => `${label}=${JSON.stringify(value)}`);
  const head = `${name}{${selector.join(',')}}`;
  let index = from;
  for (; (instants[index] ?? Number.POSITIVE_INFINITY) < instant; index += 1) {
    lines.push(`${head} ${Number(`${values[index]}e-${decimals}`)} ${secondsOf(instants[index] ?? 0)}`);
  }
  return index;
}

/** Prometheus cuts the seconds × 1000 to a whole number, and the nearest double may lie below: a tenth of a millisecond more is safe. */
function secondsOf(instant: number): string {
  return `${Math.floor(instant / 1_000)}.${String(instant % 1_000).padStart(3, '0')}1`;
}
