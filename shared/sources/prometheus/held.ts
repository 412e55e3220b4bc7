import { exactOf } from '../../exact/decimal.ts';
import { Exact } from '../../exact/exact.ts';
import type { Incomplete } from '../reading.ts';
import type { Coverage } from './coverage.ts';
import { heldSeconds } from './range.ts';
import { type Read, type SeriesSamples, shown } from './series.ts';
import { batchesOf, type ReadingSession } from './session.ts';
import { UsageByProject } from './usage-by-project.ts';
import { justBefore, samplesIn, type Window, windowSeconds } from './window.ts';

/** Adds the usage of some whole projects, of which all series are given. */
type Fold = (series: readonly SeriesSamples[], window: Window, staleAfterMs: number, usage: UsageByProject) => void;

/** Value × seconds: each sample counts until the next one of its series, at most `staleAfterSeconds`. */
export function readIntegral(
  session: ReadingSession,
  window: Window,
  coverage: Coverage,
): Promise<Read<UsageByProject>> {
  return readSamples(session, window, coverage, (series, within, staleAfterMs, usage) => {
    for (const one of series) {
      const held = integralOf(one, within, staleAfterMs);
      if (held !== undefined) usage.add(one.project, held);
    }
  });
}

/** The last samples of the series that were still there at the project's last sample. */
export function readLast(session: ReadingSession, window: Window, coverage: Coverage): Promise<Read<UsageByProject>> {
  return readSamples(session, window, coverage, (series, within, staleAfterMs, usage) => {
    const lastSamples = series.flatMap(({ project, samples }) => {
      const last = samplesIn(within, samples).at(-1);
      return last === undefined ? [] : [{ project, ...last }];
    });
    const lastOfProject = new Map<string, number>();
    for (const { project, atMs } of lastSamples) {
      lastOfProject.set(project, Math.max(atMs, lastOfProject.get(project) ?? atMs));
    }
    for (const { project, atMs, value } of lastSamples) {
      if (atMs >= (lastOfProject.get(project) ?? atMs) - staleAfterMs) usage.add(project, exactOf(value));
    }
  });
}

/** Reads every sample, in batches of whole projects, from `staleAfterSeconds` before the window on. */
async function readSamples(
  session: ReadingSession,
  window: Window,
  coverage: Coverage,
  fold: Fold,
): Promise<Read<UsageByProject>> {
  const { staleAfterSeconds } = session.source;
  const range = heldSeconds(session.source, window);
  const seconds = windowSeconds(window);
  const end = justBefore(window.toMs);
  const views = await session.views({
    counts: { call: 'count_over_time', rangeSeconds: seconds, atMs: end },
    held: { call: 'count_over_time', rangeSeconds: range, atMs: end },
    atStart: { call: 'count_over_time', rangeSeconds: staleAfterSeconds, atMs: justBefore(window.fromMs) },
    atEnd: { call: 'count_over_time', rangeSeconds: staleAfterSeconds, atMs: end },
  });
  if (views.kind === 'incomplete') return views;
  const { counts, held, atStart, atEnd } = views.value;
  const gap = session.findLost(held) ?? coverage.add({ counts, atStart, atEnd });
  if (gap !== undefined) return gap;

  const usage = new UsageByProject();
  for (const batch of batchesOf(held)) {
    const read = await session.samples(batch, range, end, held);
    if (read.kind === 'incomplete') return read;
    const broken = findSilence(read.value.values(), window, session);
    if (broken !== undefined) return broken;
    fold([...read.value.values()], window, staleAfterSeconds * 1_000, usage);
  }
  return { kind: 'read', value: usage };
}

/** A series that falls silent and comes back may be idle or unmeasured; beyond the share that is tolerated, it blocks. */
function findSilence(all: Iterable<SeriesSamples>, window: Window, session: ReadingSession): Incomplete | undefined {
  const { source } = session;
  const tolerated = (window.toMs - window.fromMs) * (100 - source.minimumCoveragePercent);
  for (const { key, samples } of all) {
    const silentMs = samples.reduce((silent, { atMs }, index) => {
      const next = samples[index + 1]?.atMs ?? atMs;
      return silent + Math.max(0, next - Math.max(atMs + source.staleAfterSeconds * 1_000, window.fromMs));
    }, 0);
    if (silentMs * 100 > tolerated) {
      const detail = `series ${shown(key)} was silent for ${Math.floor(silentMs / 1_000)} s between its samples; `;
      const advice = 'find out why its target was not scraped, then waive the day or correct the source';
      return { kind: 'incomplete', reason: 'scrape_gap', detail: detail + advice };
    }
    session.log.noteMore('silentSeconds', Math.floor(silentMs / 1_000));
  }
  return undefined;
}

/** Exact value × seconds; undefined when no sample counts in the window. */
function integralOf({ samples }: SeriesSamples, window: Window, staleAfterMs: number): Exact | undefined {
  let sum: Exact | undefined;
  samples.forEach(({ atMs, value }, index) => {
    const until = Math.min(samples[index + 1]?.atMs ?? Number.POSITIVE_INFINITY, atMs + staleAfterMs, window.toMs);
    const heldMs = until - Math.max(atMs, window.fromMs);
    if (heldMs <= 0) return;
    sum = (sum ?? Exact.zero).add(exactOf(value).multiply(Exact.ofScaled(BigInt(heldMs), 3)));
  });
  return sum;
}
