import type { Incomplete, ReadingEvidence } from '../reading.ts';
import { type PrometheusQuery, secondsText } from './client.ts';
import { formatSelector, type LabelMatcher, narrowed, oneOf, type Selector } from './selector.ts';
import { type Read, readMatrix, readVector, type SeriesSamples, type SeriesValue, shown } from './series.ts';
import type { PrometheusSource } from './source.ts';

type RangeFunction =
  | 'last_over_time'
  | 'max_over_time'
  | 'min_over_time'
  | 'sum_over_time'
  | 'count_over_time'
  | 'resets';

export type SeriesValues = ReadonlyMap<string, SeriesValue>;

/** A function over a range of each series, evaluated at an instant (milliseconds since 1970). */
interface View {
  readonly call: RangeFunction;
  readonly rangeSeconds: number;
  readonly atMs: number;
  /** Only these projects; all when absent or empty. */
  readonly projects?: readonly string[];
  /** Another selector than the source's own, whose series have no project. */
  readonly of?: Selector;
}

/** Samples that one raw query may bring, by their count beforehand; bounds memory. */
const SAMPLES_PER_QUERY = 200_000;

type Facts = Record<string, string | number | readonly string[]>;

/** One reading under way: it asks the queries and keeps them, with what they showed, as evidence. */
export class ReadingSession {
  readonly source: PrometheusSource;
  readonly selector: Selector;
  private readonly facts: Facts = {};
  private readonly query: PrometheusQuery;
  private readonly asked: ReadingEvidence['queries'][number][] = [];
  private readonly infos = new Set<string>();

  constructor(query: PrometheusQuery, source: PrometheusSource, selector: Selector) {
    this.query = query;
    this.source = source;
    this.selector = selector;
  }

  evidence(): ReadingEvidence {
    const infos = this.infos.size === 0 ? {} : { infos: [...this.infos].sort() };
    return { queries: this.asked, facts: { ...this.facts, ...infos } };
  }

  note(fact: string, value: number | readonly string[]): void {
    this.facts[fact] = value;
  }

  noteMore(fact: string, count: number): void {
    this.facts[fact] = Number(this.facts[fact] ?? 0) + count;
  }

  /** Asks for several views of the series, one after the other; the first that cannot be had ends it. */
  async views<Name extends string>(wanted: Readonly<Record<Name, View>>): Promise<Read<Record<Name, SeriesValues>>> {
    const views: Partial<Record<Name, SeriesValues>> = {};
    for (const name of Object.keys(wanted) as Name[]) {
      const view = await this.view(wanted[name]);
      if (view.kind === 'incomplete') return view;
      views[name] = view.value;
    }
    return { kind: 'read', value: views as Record<Name, SeriesValues> };
  }

  /** One figure per series that has a sample in the range that ends at the instant. */
  private async view({ call, rangeSeconds, atMs, projects = [], of }: View): Promise<Read<SeriesValues>> {
    const selector = of ?? narrowed(this.selector, this.projectMatcher(projects));
    const text = `${call}(${formatSelector(selector)}[${rangeSeconds}s])`;
    const answer = await this.ask(text, atMs);
    if (answer.kind === 'incomplete') return answer;
    if (answer.kind !== 'vector') return unexpected(text, answer.kind);
    return readVector(answer.result, of === undefined ? this.source.projectLabel : undefined);
  }

  /**
   * Every sample in the range that ends at the instant, of these projects; of all when none is named. `counts` is
   * `count_over_time` of the same range: each series must bring as many samples, or the answer is not whole.
   */
  async samples(
    projects: readonly string[],
    rangeSeconds: number,
    atMs: number,
    counts: SeriesValues,
  ): Promise<Read<Map<string, SeriesSamples>>> {
    const text = `${formatSelector(narrowed(this.selector, this.projectMatcher(projects)))}[${rangeSeconds}s]`;
    const answer = await this.ask(text, atMs);
    if (answer.kind === 'incomplete') return answer;
    if (answer.kind !== 'matrix') return unexpected(text, answer.kind);
    const read = readMatrix(answer.result, this.source.projectLabel);
    if (read.kind === 'incomplete') return read;
    return findMissingSamples(projects, counts, read.value) ?? read;
  }

  private projectMatcher(projects: readonly string[]): readonly LabelMatcher[] {
    return projects.length === 0 ? [] : [oneOf(this.source.projectLabel, projects)];
  }

  private async ask(text: string, atMs: number) {
    this.asked.push({ text, parameters: { time: secondsText(atMs) } });
    const answer = await this.query(text, atMs);
    if (answer.kind !== 'incomplete') for (const info of answer.infos) this.infos.add(info);
    return answer;
  }
}

function unexpected(text: string, kind: string): Incomplete {
  const detail = `the query ${text} gave a ${kind}; the server is not a Prometheus, or answers another query`;
  return { kind: 'incomplete', reason: 'malformed_response', detail };
}

function findMissingSamples(
  projects: readonly string[],
  counts: SeriesValues,
  series: ReadonlyMap<string, SeriesSamples>,
): Incomplete | undefined {
  for (const { key, project, value } of counts.values()) {
    if (projects.length > 0 && !projects.includes(project)) continue;
    const read = series.get(key)?.samples.length ?? 0;
    if (String(read) === value) continue;
    const detail = `series ${shown(key)} has ${value} samples, but ${read} came; run the day again`;
    return { kind: 'incomplete', reason: 'row_count_mismatch', detail };
  }
  return undefined;
}

/**
 * The projects in batches whose samples fit into one answer, by their counts. A single batch names no project: it is
 * all there is.
 */
export function batchesOf(counts: SeriesValues): string[][] {
  const samplesByProject = new Map<string, number>();
  for (const { project, value } of counts.values()) {
    samplesByProject.set(project, (samplesByProject.get(project) ?? 0) + Number(value));
  }
  const batches: string[][] = [];
  let filled = SAMPLES_PER_QUERY;
  for (const [project, samples] of [...samplesByProject].sort(([a], [b]) => (a < b ? -1 : 1))) {
    if (filled + samples > SAMPLES_PER_QUERY) {
      batches.push([]);
      filled = 0;
    }
    batches.at(-1)?.push(project);
    filled += samples;
  }
  return batches.length === 1 ? [[]] : batches;
}
