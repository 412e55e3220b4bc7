import { addDays, startOf, type UtcDay } from '../../calendar/utc-day.ts';
import { exactOf, parseDecimal } from '../../exact/decimal.ts';
import type { Incomplete, KeepRows, UsageReader, UsageReading, UsageRow } from '../reading.ts';
import type { PrometheusQuery } from './client.ts';
import { readCounter } from './counter.ts';
import { Coverage, findTargetGap, regionSelector } from './coverage.ts';
import { readIntegral, readLast } from './held.ts';
import { readHighest } from './highest.ts';
import { DEFAULT_PART_LIMITS, divide, type PartLimits } from './parts.ts';
import { heldSeconds } from './range.ts';
import type { Read } from './series.ts';
import { ReadingSession } from './session.ts';
import type { PrometheusSource } from './source.ts';
import type { UsageByProject } from './usage-by-project.ts';
import { justBefore, type Window } from './window.ts';

/** Reads the days of one Prometheus source, and any other window of whole seconds. */
export interface PrometheusReader extends UsageReader {
  /** As a day, for a part of one or for many. Windows of a counter that follow each other add up. */
  readWindow(region: string, from: Date, to: Date, keep: KeepRows): Promise<UsageReading>;
}

/** `limits` bound what is read at once. */
export function prometheusReader(
  query: PrometheusQuery,
  source: PrometheusSource,
  limits: PartLimits = DEFAULT_PART_LIMITS,
): PrometheusReader {
  const readWindow = async (region: string, from: Date, to: Date, keep: KeepRows): Promise<UsageReading> => {
    const window = { fromMs: from.getTime(), toMs: to.getTime() };
    const session = new ReadingSession(query, source, regionSelector(source, source.selector, region));
    const fault = await readUsage(session, region, window, limits, keep);
    const evidence = session.log.evidence();
    return fault === undefined ? { kind: 'complete', evidence } : { ...fault, evidence };
  };
  return {
    readWindow,
    read: (region: string, day: UtcDay, keep: KeepRows, until = startOf(addDays(day, 1))) =>
      readWindow(region, startOf(day), until, keep),
  };
}

/** Undefined when the window was read whole, part by part. */
async function readUsage(
  session: ReadingSession,
  region: string,
  window: Window,
  limits: PartLimits,
  keep: KeepRows,
): Promise<Incomplete | undefined> {
  if (window.toMs <= window.fromMs || window.fromMs % 1_000 !== 0 || window.toMs % 1_000 !== 0) {
    throw new RangeError(`a window must begin before it ends, on whole seconds: ${window.fromMs} to ${window.toMs}`);
  }
  const { source } = session;
  const targetGap = await findTargetGap(session, region, window);
  if (targetGap !== undefined) return targetGap;
  const parts = await divide(session, heldSeconds(source, window), justBefore(window.toMs), limits);
  if (parts.kind === 'incomplete') return parts;
  const coverage = new Coverage(source, window);
  let rowCount = 0;
  for (const part of parts.value) {
    const usage = await aggregate(session.ofPart(part), window, coverage);
    if (usage.kind === 'incomplete') return usage;
    const rows = scaledRows(usage.value, source);
    if (rows.kind === 'incomplete') return rows;
    const refusal = await keep(rows.value);
    if (refusal !== undefined) return refusal;
    rowCount += rows.value.length;
  }
  if (parts.value.length > 1) session.log.note('parts', parts.value.length);
  const gap = coverage.end(session.log);
  if (gap !== undefined) return gap;
  if (rowCount > 0 || source.upSelector !== undefined) return undefined;
  const seen = `${source.selector} has no series in ${region} on this day`;
  const detail = `${seen}: correct the selector, or give the source an upSelector that proves that nothing was used`;
  return { kind: 'incomplete', reason: 'no_data', detail };
}

function aggregate(session: ReadingSession, window: Window, coverage: Coverage): Promise<Read<UsageByProject>> {
  const { aggregation } = session.source;
  switch (aggregation) {
    case 'counter':
      return readCounter(session, window, coverage);
    case 'max':
      return readHighest(session, window, coverage);
    case 'last':
      return readLast(session, window, coverage);
    case 'integral':
      return readIntegral(session, window, coverage);
    default:
      return aggregation satisfies never;
  }
}

function scaledRows(usage: UsageByProject, source: PrometheusSource): Read<UsageRow[]> {
  const scale = parseDecimal(source.scale);
  if (scale.kind === 'refused') throw new TypeError(scale.detail);
  const factor = exactOf(scale.value);
  const rows: UsageRow[] = [];
  for (const [project, figure] of usage.entries()) {
    const quantity = parseDecimal(figure.multiply(factor).toString());
    if (quantity.kind === 'refused') {
      const detail = `the usage of project ${project} cannot be kept: ${quantity.detail}`;
      return { kind: 'incomplete', reason: 'malformed_response', detail };
    }
    rows.push({ project, quantity: quantity.value });
  }
  return { kind: 'read', value: rows };
}
