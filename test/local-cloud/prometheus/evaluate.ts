import type { Call, Query } from './query.ts';
import { selects } from './query.ts';

/** A series of this server. Values are whole numbers of 10^-decimals; NaN and infinities are themselves. */
export interface StoredSeries {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly decimals: number;
  /** Milliseconds since 1970, ascending. */
  readonly instants: readonly number[];
  readonly values: readonly number[];
}

export type QueryData =
  | { resultType: 'vector'; result: { metric: Record<string, string>; value: [number, string] }[] }
  | { resultType: 'matrix'; result: { metric: Record<string, string>; values: [number, string][] }[] };

/** Prometheus' default: an instant selector takes a sample of up to five minutes ago. */
const LOOKBACK_MS = 300_000;

/** The answer of Prometheus 2.42, in which ranges and the look-back include both ends. */
export function evaluate(all: readonly StoredSeries[], query: Query, atMs: number): QueryData {
  const selected = selects(query.matchers);
  const series = all.filter(({ name, labels }) => name === query.metric && selected(labels));
  const fromMs = atMs - (query.rangeMs ?? LOOKBACK_MS);
  const at = atMs / 1_000;
  if (query.call === undefined && query.rangeMs !== undefined) {
    const result = series.flatMap((one) => {
      const { from, to } = range(one, fromMs, atMs);
      if (from === to) return [];
      const values = one.instants
        .slice(from, to)
        .map((instant, index): [number, string] => [instant / 1_000, textOf(one, one.values[from + index] ?? 0)]);
      return [{ metric: { __name__: one.name, ...one.labels }, values }];
    });
    return { resultType: 'matrix', result };
  }
  const call = query.call ?? 'last_over_time';
  const result = series.flatMap((one) => {
    const { from, to } = range(one, fromMs, atMs);
    if (from === to) return [];
    const metric = call === 'last_over_time' ? { __name__: one.name, ...one.labels } : { ...one.labels };
    return [{ metric, value: [at, apply(call, one, from, to)] satisfies [number, string] }];
  });
  return { resultType: 'vector', result: query.countBy === undefined ? result : countedBy(query.countBy, result, at) };
}

type VectorResult = Extract<QueryData, { resultType: 'vector' }>['result'];

/** How many series there are with each value of the label; without a label, in all. An absent label is not written. */
function countedBy(label: string, series: VectorResult, at: number): VectorResult {
  const counts = new Map<string, number>();
  for (const { metric } of series) {
    const value = label === '' ? '' : (metric[label] ?? '');
    counts.set(value, (counts.get(value) ?? 0) + 1);
  }
  return [...counts].map(([value, count]) => ({
    metric: value === '' ? {} : { [label]: value },
    value: [at, String(count)],
  }));
}

/** Indices of the samples between two instants, both included: `from` to before `to`. */
function range({ instants }: StoredSeries, fromMs: number, toMs: number): { from: number; to: number } {
  return { from: countBelow(instants, fromMs), to: countBelow(instants, toMs + 1) };
}

function countBelow(instants: readonly number[], bound: number): number {
  let [low, high] = [0, instants.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((instants[middle] ?? 0) < bound) low = middle + 1;
    else high = middle;
  }
  return low;
}

function apply(call: Call, series: StoredSeries, from: number, to: number): string {
  const { values } = series;
  switch (call) {
    case 'last_over_time':
      return textOf(series, values[to - 1] ?? 0);
    case 'count_over_time':
      return String(to - from);
    case 'resets': {
      let resets = 0;
      for (let index = from + 1; index < to; index += 1) {
        if ((values[index] ?? 0) < (values[index - 1] ?? 0)) resets += 1;
      }
      return String(resets);
    }
    case 'sum_over_time': {
      let sum = 0;
      for (let index = from; index < to; index += 1) sum += values[index] ?? 0;
      return textOf(series, sum);
    }
    case 'max_over_time':
      return textOf(
        series,
        extreme(values, from, to, (value, best) => value > best),
      );
    case 'min_over_time':
      return textOf(
        series,
        extreme(values, from, to, (value, best) => value < best),
      );
    default:
      return call satisfies never;
  }
}

/** As Prometheus has it: samples that are not a number are passed over, unless there is nothing else. */
function extreme(
  values: readonly number[],
  from: number,
  to: number,
  better: (value: number, best: number) => boolean,
): number {
  let best = values[from] ?? 0;
  for (let index = from + 1; index < to; index += 1) {
    const value = values[index] ?? 0;
    if (better(value, best) || Number.isNaN(best)) best = value;
  }
  return best;
}

/** The shortest decimal of the double, as Go and JavaScript both write it. */
function textOf({ decimals }: StoredSeries, value: number): string {
  if (Number.isNaN(value)) return 'NaN';
  if (!Number.isFinite(value)) return value > 0 ? '+Inf' : '-Inf';
  return String(decimals === 0 ? value : Number(`${value}e-${decimals}`));
}
