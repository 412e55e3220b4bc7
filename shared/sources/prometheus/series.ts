import type { Decimal } from '../../exact/decimal.ts';
import type { Incomplete } from '../reading.ts';
import type { MatrixSeries, VectorSample } from './response.ts';
import { parseSampleValue } from './sample-value.ts';

/** A series is known by its labels without the name; functions drop the name. */
export interface SeriesValue {
  readonly key: string;
  /** Empty where the selector has no project label, as for `up`. */
  readonly project: string;
  readonly value: Decimal;
}

interface Sample {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly value: Decimal;
}

export interface SeriesSamples {
  readonly key: string;
  readonly project: string;
  /** In time order. */
  readonly samples: readonly Sample[];
}

export type Read<T> = { readonly kind: 'read'; readonly value: T } | Incomplete;

interface Identity {
  readonly key: string;
  readonly project: string;
}

function identify(metric: Readonly<Record<string, string>>, projectLabel: string | undefined): Identity | Incomplete {
  const labels = Object.entries(metric).filter(([label]) => label !== '__name__');
  const key = JSON.stringify(labels.sort(([a], [b]) => (a < b ? -1 : 1)));
  if (projectLabel === undefined) return { key, project: '' };
  const project = labels.find(([label]) => label === projectLabel)?.[1] ?? '';
  if (project !== '') return { key, project };
  const detail = `the series ${shown(key)} has no label ${projectLabel}; add the label, or exclude the series in the selector`;
  return { kind: 'incomplete', reason: 'missing_label', detail };
}

/** The labels of a series for a message. */
export function shown(key: string): string {
  const labels: unknown = JSON.parse(key);
  if (!Array.isArray(labels)) return key;
  return `{${labels.map(([label, value]) => `${label}="${value}"`).join(',')}}`.slice(0, 300);
}

function duplicate(key: string): Incomplete {
  const detail = `the series ${shown(key)} comes twice; make the selector match it once`;
  return { kind: 'incomplete', reason: 'duplicate_row', detail };
}

/** One value per series. A value that is no usage, a series without its project, or one that comes twice is refused. */
export function readVector(
  result: readonly VectorSample[],
  projectLabel: string | undefined,
): Read<Map<string, SeriesValue>> {
  const values = new Map<string, SeriesValue>();
  for (const { metric, value } of result) {
    const identity = identify(metric, projectLabel);
    if ('reason' in identity) return identity;
    const { key, project } = identity;
    if (values.has(key)) return duplicate(key);
    const sample = parseSampleValue(value[1]);
    if (sample.kind === 'refused') return refused(sample, key);
    values.set(key, { key, project, value: sample.value });
  }
  return { kind: 'read', value: values };
}

/** As `readVector`, for all samples of each series. */
export function readMatrix(
  result: readonly MatrixSeries[],
  projectLabel: string | undefined,
): Read<Map<string, SeriesSamples>> {
  const series = new Map<string, SeriesSamples>();
  for (const { metric, values } of result) {
    const identity = identify(metric, projectLabel);
    if ('reason' in identity) return identity;
    const { key, project } = identity;
    if (series.has(key)) return duplicate(key);
    const samples: Sample[] = [];
    for (const [seconds, text] of values) {
      const sample = parseSampleValue(text);
      if (sample.kind === 'refused') return refused(sample, key);
      samples.push({ atMs: Math.round(seconds * 1_000), value: sample.value });
    }
    series.set(key, { key, project, samples });
  }
  return { kind: 'read', value: series };
}

function refused(sample: { readonly reason: Incomplete['reason']; readonly detail: string }, key: string): Incomplete {
  return { kind: 'incomplete', reason: sample.reason, detail: `series ${shown(key)}: ${sample.detail}` };
}
