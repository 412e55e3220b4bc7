import { exactOf } from '../../exact/decimal.ts';
import { Exact } from '../../exact/exact.ts';
import type { Coverage } from './coverage.ts';
import { heldSeconds } from './range.ts';
import type { Read, SeriesSamples, SeriesValue } from './series.ts';
import { batchesOf, type ReadingSession, type SeriesValues } from './session.ts';
import { UsageByProject } from './usage-by-project.ts';
import { justBefore, samplesIn, type Window, windowSeconds } from './window.ts';

/**
 * What was counted in the window: for each series, from its last sample before the window to its last sample in it,
 * with every restart from 0 counted. So windows that follow each other add up to the window that spans them.
 */
export async function readCounter(
  session: ReadingSession,
  window: Window,
  coverage: Coverage,
): Promise<Read<UsageByProject>> {
  const { lookbackSeconds, staleAfterSeconds } = session.source;
  const seconds = windowSeconds(window);
  const end = justBefore(window.toMs);
  const views = await session.views({
    before: { call: 'last_over_time', rangeSeconds: lookbackSeconds, atMs: justBefore(window.fromMs) },
    latest: { call: 'last_over_time', rangeSeconds: seconds, atMs: end },
    counts: { call: 'count_over_time', rangeSeconds: seconds, atMs: end },
    // Not a number in a sum of samples means not a number in one of them, even where the last sample is sound.
    sums: { call: 'sum_over_time', rangeSeconds: seconds, atMs: end },
    // The range begins with the samples before the window: a restart at its very start is a fall against those.
    resets: { call: 'resets', rangeSeconds: heldSeconds(session.source, window), atMs: end },
    atEnd: { call: 'count_over_time', rangeSeconds: staleAfterSeconds, atMs: end },
  });
  if (views.kind === 'incomplete') return views;
  const { before, latest, counts, sums, resets, atEnd } = views.value;
  const gap =
    session.findLost(resets) ??
    session.findShort(latest, counts, sums) ??
    coverage.add({ counts, atStart: before, atEnd });
  if (gap !== undefined) return gap;

  const arrived = [...latest.values()].filter(({ key }) => !before.has(key));
  const history = await readHistory(session, window, arrived);
  if (history.kind === 'incomplete') return history;

  const start: SeriesValues = new Map([...before, ...history.value]);
  const restarted = new Map(
    [...latest.values()]
      .filter((series) => mayHaveRestarted(series, before, start, resets))
      .map((one) => [one.key, one]),
  );
  const increases = await readRestarted(session, window, restarted, counts, start);
  if (increases.kind === 'incomplete') return increases;

  const usage = new UsageByProject();
  for (const { key, project, value } of latest.values()) {
    usage.add(project, increases.value.get(key) ?? exactOf(value).subtract(valueAtStart(start, key)));
  }
  session.log.noteMore('arrivedSeries', arrived.length);
  session.log.noteMore('newSeries', arrived.length - history.value.size);
  session.log.noteMore('restartedSeries', restarted.size);
  return { kind: 'read', value: usage };
}

function valueAtStart(start: SeriesValues, key: string): Exact {
  const value = start.get(key)?.value;
  return value === undefined ? Exact.zero : exactOf(value);
}

/** Without a restart a series only grows from its start value, so the difference is all that it counted. */
function mayHaveRestarted(
  { key, value }: SeriesValue,
  before: SeriesValues,
  start: SeriesValues,
  resets: SeriesValues,
): boolean {
  if (resets.get(key)?.value !== '0') return true;
  if (start.has(key) && !before.has(key)) return true;
  return exactOf(value).compare(valueAtStart(start, key)) < 0;
}

/** The last samples of series that seem new, from further back than the look-back. Those not found are new. */
async function readHistory(
  session: ReadingSession,
  window: Window,
  arrived: readonly SeriesValue[],
): Promise<Read<Map<string, SeriesValue>>> {
  const found = new Map<string, SeriesValue>();
  if (arrived.length === 0) return { kind: 'read', value: found };
  const projects = [...new Set(arrived.map(({ project }) => project))].sort();
  const views = await session.views({
    history: {
      call: 'last_over_time',
      rangeSeconds: session.source.historySeconds,
      atMs: justBefore(window.fromMs),
      projects,
    },
    // A new series has no sound sample before it that would show a negative one as a fall.
    lowest: { call: 'min_over_time', rangeSeconds: windowSeconds(window), atMs: justBefore(window.toMs), projects },
  });
  if (views.kind === 'incomplete') return views;
  for (const { key } of arrived) {
    const last = views.value.history.get(key);
    if (last !== undefined) found.set(key, last);
  }
  return { kind: 'read', value: found };
}

/** The increase of the series that fell at least once, from their raw samples. */
async function readRestarted(
  session: ReadingSession,
  window: Window,
  restarted: SeriesValues,
  counts: SeriesValues,
  start: SeriesValues,
): Promise<Read<Map<string, Exact>>> {
  const increases = new Map<string, Exact>();
  if (restarted.size === 0) return { kind: 'read', value: increases };
  const projects = new Set([...restarted.values()].map(({ project }) => project));
  const wanted = new Map([...counts].filter(([, { project }]) => projects.has(project)));
  for (const batch of batchesOf(wanted)) {
    const named = batch.length === 0 ? [...projects].sort() : batch;
    const read = await session.samples(named, windowSeconds(window), justBefore(window.toMs), wanted);
    if (read.kind === 'incomplete') return read;
    for (const series of read.value.values()) {
      if (restarted.has(series.key))
        increases.set(series.key, increaseOf(series, window, valueAtStart(start, series.key)));
    }
  }
  return { kind: 'read', value: increases };
}

/** Each fall is a restart from 0, so the value after it was counted since. */
function increaseOf({ samples }: SeriesSamples, window: Window, start: Exact): Exact {
  let sum = Exact.zero;
  let last = start;
  for (const { value } of samplesIn(window, samples)) {
    const next = exactOf(value);
    sum = sum.add(next.compare(last) < 0 ? next : next.subtract(last));
    last = next;
  }
  return sum;
}
