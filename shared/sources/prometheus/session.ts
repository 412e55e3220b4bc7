import type { Incomplete } from '../reading.ts';
import { type PrometheusQuery, type QueryAnswer, secondsText } from './client.ts';
import { EvidenceLog } from './evidence-log.ts';
import { findLostSeries, type Part } from './parts.ts';
import { formatSelector, narrowed, oneOf, type Selector } from './selector.ts';
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

/**
 * One reading under way, of all projects or of a part of them: it asks the queries and keeps them, with what they
 * showed, as evidence.
 */
export class ReadingSession {
  readonly source: PrometheusSource;
  readonly log: EvidenceLog;
  /** What the source selects in the region. */
  private readonly whole: Selector;
  private readonly query: PrometheusQuery;
  private readonly part: Part | undefined;

  constructor(query: PrometheusQuery, source: PrometheusSource, whole: Selector, log = new EvidenceLog(), part?: Part) {
    this.query = query;
    this.source = source;
    this.whole = whole;
    this.log = log;
    this.part = part;
  }

  /** The same reading, limited to the projects of a part. */
  ofPart(part: Part): ReadingSession {
    return new ReadingSession(this.query, this.source, this.whole, this.log, part);
  }

  /** How many series have a sample in the range that ends at the instant. */
  async countSeries(rangeSeconds: number, atMs: number): Promise<Read<number>> {
    const text = `count(count_over_time(${formatSelector(this.whole)}[${rangeSeconds}s]))`;
    const read = await this.vector(text, atMs, undefined);
    if (read.kind === 'incomplete') return read;
    return { kind: 'read', value: Number([...read.value.values()][0]?.value ?? '0') };
  }

  /** The same, by project. A series without a project is refused. */
  async countSeriesByProject(rangeSeconds: number, atMs: number): Promise<Read<SeriesValues>> {
    const { projectLabel } = this.source;
    const selector = formatSelector(this.whole);
    const text = `count by (${projectLabel}) (count_over_time(${selector}[${rangeSeconds}s]))`;
    const read = await this.vector(text, atMs, projectLabel);
    if (read.kind !== 'incomplete' || read.reason !== 'missing_label') return read;
    const detail = `a series of ${selector} has no label ${projectLabel}; add the label, or exclude the series in the selector`;
    return { ...read, detail };
  }

  /** Undefined when as many series came as were counted when the projects were divided into parts. */
  findLost(came: SeriesValues): Incomplete | undefined {
    return this.part === undefined ? undefined : findLostSeries(this.part, came.size);
  }

  /** Undefined when views of one range show as many series as each other: an answer that is short shows in the others. */
  findShort(...views: readonly SeriesValues[]): Incomplete | undefined {
    const sizes = views.map(({ size }) => size);
    if (new Set(sizes).size <= 1) return undefined;
    const detail = `queries over the same range gave ${sizes.join(', ')} series; run the day again`;
    return { kind: 'incomplete', reason: 'row_count_mismatch', detail };
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
    const write = (selector: Selector) => `${call}(${formatSelector(selector)}[${rangeSeconds}s])`;
    if (of !== undefined) return this.vector(write(of), atMs, undefined);
    const answer = await this.ask(write, projects, atMs);
    return this.read(answer, write(this.whole), this.source.projectLabel);
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
    const write = (selector: Selector) => `${formatSelector(selector)}[${rangeSeconds}s]`;
    const answer = await this.ask(write, projects, atMs);
    if (answer.kind === 'incomplete') return answer;
    if (answer.kind !== 'matrix') return unexpected(write(this.whole), answer.kind);
    const read = readMatrix(answer.result, this.source.projectLabel);
    if (read.kind === 'incomplete') return read;
    return findMissingSamples(projects, counts, read.value) ?? read;
  }

  /** Asks for what the source selects, limited to the part and to the projects that are named. */
  private async ask(
    write: (selector: Selector) => string,
    projects: readonly string[],
    atMs: number,
  ): Promise<QueryAnswer> {
    const ofPart = this.part?.projects ?? [];
    const named = projects.length > 0 ? projects : ofPart;
    const matchers = named.length === 0 ? [] : [oneOf(this.source.projectLabel, named)];
    const text = write(narrowed(this.whole, matchers));
    if (ofPart.length > 0) this.log.addPartQuery(write(this.whole), secondsText(atMs));
    else this.log.addQuery(text, secondsText(atMs));
    return this.answer(text, atMs);
  }

  private async vector(text: string, atMs: number, projectLabel: string | undefined): Promise<Read<SeriesValues>> {
    this.log.addQuery(text, secondsText(atMs));
    return this.read(await this.answer(text, atMs), text, projectLabel);
  }

  private read(answer: QueryAnswer, text: string, projectLabel: string | undefined): Read<SeriesValues> {
    if (answer.kind === 'incomplete') return answer;
    if (answer.kind !== 'vector') return unexpected(text, answer.kind);
    return readVector(answer.result, projectLabel);
  }

  private async answer(text: string, atMs: number): Promise<QueryAnswer> {
    const answer = await this.query(text, atMs);
    if (answer.kind !== 'incomplete') this.log.addInfos(answer.infos);
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
