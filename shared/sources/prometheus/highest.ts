import { exactOf } from '../../exact/decimal.ts';
import type { Coverage } from './coverage.ts';
import type { Read } from './series.ts';
import { batchesOf, type ReadingSession, type SeriesValues } from './session.ts';
import { UsageByProject } from './usage-by-project.ts';
import { justBefore, samplesIn, type Window, windowSeconds } from './window.ts';

/** The highest sample of each project in the window, over all its series. */
export async function readHighest(
  session: ReadingSession,
  window: Window,
  coverage: Coverage,
): Promise<Read<UsageByProject>> {
  const { staleAfterSeconds } = session.source;
  const seconds = windowSeconds(window);
  const end = justBefore(window.toMs);
  const start = justBefore(window.fromMs);
  const views = await session.views({
    highest: { call: 'max_over_time', rangeSeconds: seconds, atMs: end },
    counts: { call: 'count_over_time', rangeSeconds: seconds, atMs: end },
    // A negative sample, or one that is no number, hides below the highest.
    lowest: { call: 'min_over_time', rangeSeconds: seconds, atMs: end },
    sums: { call: 'sum_over_time', rangeSeconds: seconds, atMs: end },
    atStart: { call: 'count_over_time', rangeSeconds: staleAfterSeconds, atMs: start },
    atEnd: { call: 'count_over_time', rangeSeconds: staleAfterSeconds, atMs: end },
    // Ranges of Prometheus 2 are closed on both sides: a sample in the last millisecond before the window is in them.
    onEdge: { call: 'count_over_time', rangeSeconds: 1, atMs: start },
  });
  if (views.kind === 'incomplete') return views;
  const { highest, counts, lowest, sums, atStart, atEnd, onEdge } = views.value;
  const gap =
    session.findLost(counts) ??
    session.findShort(highest, counts, lowest, sums) ??
    coverage.add({ counts, atStart, atEnd });
  if (gap !== undefined) return gap;

  const usage = new UsageByProject();
  for (const { key, project, value } of highest.values()) {
    if (!onEdge.has(key)) usage.raise(project, exactOf(value));
  }
  const edge = await raiseFromSamples(session, window, counts, onEdge, usage);
  return edge ?? { kind: 'read', value: usage };
}

/** Series with a sample just before the window are read sample by sample, so that it does not count in both days. */
async function raiseFromSamples(
  session: ReadingSession,
  window: Window,
  counts: SeriesValues,
  onEdge: SeriesValues,
  usage: UsageByProject,
): Promise<Read<never> | undefined> {
  const projects = new Set([...counts.values()].filter(({ key }) => onEdge.has(key)).map(({ project }) => project));
  if (projects.size === 0) return undefined;
  const wanted = new Map([...counts].filter(([, { project }]) => projects.has(project)));
  for (const batch of batchesOf(wanted)) {
    const named = batch.length === 0 ? [...projects].sort() : batch;
    const read = await session.samples(named, windowSeconds(window), justBefore(window.toMs), wanted);
    if (read.kind === 'incomplete') return read;
    for (const { key, project, samples } of read.value.values()) {
      if (!onEdge.has(key)) continue;
      for (const { value } of samplesIn(window, samples)) usage.raise(project, exactOf(value));
    }
  }
  return undefined;
}
