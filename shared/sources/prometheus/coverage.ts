import type { Incomplete } from '../reading.ts';
import type { EvidenceLog } from './evidence-log.ts';
import { narrowed, parseSelector, type Selector } from './selector.ts';
import { shown } from './series.ts';
import type { ReadingSession, SeriesValues } from './session.ts';
import type { PrometheusSource } from './source.ts';
import { justBefore, type Window, windowSeconds } from './window.ts';

/** How many scrapes of each series gave a sample, and which series were there when the window began and ended. */
export interface Presence {
  /** Samples in the window, by series. */
  readonly counts: SeriesValues;
  readonly atStart: ReadonlyMap<string, unknown>;
  readonly atEnd: ReadonlyMap<string, unknown>;
}

function scrapeGap(detail: string): Incomplete {
  return { kind: 'incomplete', reason: 'scrape_gap', detail };
}

/** Whole percent, rounded down, of the scrapes that were due; a scrape more than due is still 100. */
function percentOf(count: number, due: number): number {
  return due <= 0 ? 100 : Math.min(100, Math.floor((100 * count) / due));
}

/** Names of vanished projects that the evidence lists; beyond, it gives their number. */
const VANISHED_LISTED = 1_000;

/**
 * Whether the samples cover the window. Series that are there at both ends must have their share of scrapes; those that
 * began or ended in it are evidence, not a gap, as long as something else spans it. Parts of the projects add to it one
 * after the other.
 */
export class Coverage {
  private readonly source: PrometheusSource;
  private readonly window: Window;
  private lowestPercent = 100;
  private counted = 0;
  private spanning = 0;
  private atEnd = 0;
  private readonly vanished = new Set<string>();

  constructor(source: PrometheusSource, window: Window) {
    this.source = source;
    this.window = window;
  }

  /** Adds a part; undefined when each of its series that spans the window has its share of scrapes. */
  add({ counts, atStart, atEnd }: Presence): Incomplete | undefined {
    const { scrapeIntervalSeconds, minimumCoveragePercent } = this.source;
    const due = Math.floor(windowSeconds(this.window) / scrapeIntervalSeconds);
    this.counted += counts.size;
    this.atEnd += atEnd.size;
    for (const { key, project, value } of counts.values()) {
      if (!atEnd.has(key)) this.vanished.add(project);
      if (!atStart.has(key) || !atEnd.has(key)) continue;
      this.spanning += 1;
      const percent = percentOf(Number(value), due);
      this.lowestPercent = Math.min(this.lowestPercent, percent);
      if (percent < minimumCoveragePercent) {
        const seen = `series ${shown(key)} has ${value} of ${due} samples (${percent}%, at least ${minimumCoveragePercent}% are needed)`;
        return scrapeGap(`${seen}; find out why its target was not scraped, then waive the day or correct the source`);
      }
    }
    return undefined;
  }

  /** Notes what all parts came to; undefined when that proves that nothing is missing, or when there was no series. */
  end(log: EvidenceLog): Incomplete | undefined {
    const { staleAfterSeconds, upSelector } = this.source;
    const vanished = [...this.vanished].sort();
    log.note('series', this.counted);
    log.note('lowestCoveragePercent', this.lowestPercent);
    log.note('vanishedProjects', vanished.slice(0, VANISHED_LISTED));
    if (vanished.length > VANISHED_LISTED) log.note('vanishedProjectCount', vanished.length);
    // Where the targets' own series prove that they were scraped to the end, series that are gone are gone.
    if (upSelector !== undefined || this.counted === 0) return undefined;
    if (this.atEnd === 0) return silentAtEnd('no series', staleAfterSeconds, this.window);
    if (this.spanning > 0) return undefined;
    return scrapeGap(
      'no series spans the day, so an outage cannot be told from series that came and went; give the source an upSelector',
    );
  }
}

function silentAtEnd(what: string, staleAfterSeconds: number, window: Window): Incomplete {
  const seen = `${what} has a sample in the last ${staleAfterSeconds} s before ${new Date(window.toMs).toISOString()}`;
  const detail = `${seen}: the source fell silent, or the time is not over yet; run the day again later`;
  return { kind: 'incomplete', reason: 'stale_source', detail };
}

/**
 * Undefined when the targets' own `up` series show that they were scraped throughout, or when the source names none.
 * Every target must have answered its share of the scrapes that were tried; one must have been tried throughout, and one
 * to the end.
 */
export async function findTargetGap(
  session: ReadingSession,
  region: string,
  window: Window,
): Promise<Incomplete | undefined> {
  const { upSelector, scrapeIntervalSeconds, minimumCoveragePercent, staleAfterSeconds } = session.source;
  if (upSelector === undefined) return undefined;
  const of = regionSelector(session.source, upSelector, region);
  const range = { of, rangeSeconds: windowSeconds(window), atMs: justBefore(window.toMs) };
  const views = await session.views({
    tried: { call: 'count_over_time', ...range },
    answered: { call: 'sum_over_time', ...range },
    atEnd: { call: 'count_over_time', ...range, rangeSeconds: staleAfterSeconds },
  });
  if (views.kind === 'incomplete') return views;
  const { tried, answered, atEnd } = views.value;
  const due = Math.floor(windowSeconds(window) / scrapeIntervalSeconds);
  let highest = 0;
  for (const { key, value } of tried.values()) {
    highest = Math.max(highest, percentOf(Number(value), due));
    const answers = Number(answered.get(key)?.value ?? '0');
    if (percentOf(answers, Number(value)) < minimumCoveragePercent) {
      return scrapeGap(
        `target ${shown(key)} answered ${answers} of ${value} scrapes; see why it was down, then waive the day`,
      );
    }
  }
  session.log.note('targets', tried.size);
  session.log.note('targetCoveragePercent', highest);
  if (highest >= minimumCoveragePercent) {
    return atEnd.size > 0 ? undefined : silentAtEnd(`no target of ${upSelector}`, staleAfterSeconds, window);
  }
  if (tried.size === 0) {
    const detail = `${upSelector} has no series in ${region}, so nothing shows that anything was measured; check the source's upSelector`;
    return { kind: 'incomplete', reason: 'no_data', detail };
  }
  return scrapeGap(
    `no target of ${upSelector} was scraped for more than ${highest}% of the time; Prometheus itself was down, or the time is not over`,
  );
}

/** The selector of the configuration, for one region. Throws for text that `prometheusSourceSchema` refuses. */
export function regionSelector(source: PrometheusSource, text: string, region: string): Selector {
  const reading = parseSelector(text);
  if (reading.kind === 'refused') throw new TypeError(reading.detail);
  if (source.regionLabel === undefined) return reading.selector;
  return narrowed(reading.selector, [{ label: source.regionLabel, operator: '=', value: region }]);
}
