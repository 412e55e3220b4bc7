import { addDays, startOf, type UtcDay } from '../../calendar/utc-day.ts';
import { exactOf, parseDecimal } from '../../exact/decimal.ts';
import type { KeepRows, UsageReader, UsageReading, UsageRow } from '../reading.ts';
import type { PrometheusQuery } from './client.ts';
import { readCounter } from './counter.ts';
import { findTargetGap, regionSelector } from './coverage.ts';
import { readIntegral, readLast } from './held.ts';
import { readHighest } from './highest.ts';
import type { Read } from './series.ts';
import { ReadingSession } from './session.ts';
import type { PrometheusSource } from './source.ts';
import type { UsageByProject } from './usage-by-project.ts';
import type { Window } from './window.ts';

/** Reads the days of one Prometheus source, and any other window of whole seconds. */
export interface PrometheusReader extends UsageReader {
  /** As a day, for a part of one or for many. Windows of a counter that follow each other add up. */
  readWindow(region: string, from: Date, to: Date, keep: KeepRows): Promise<UsageReading>;
}

export function prometheusReader(query: PrometheusQuery, source: PrometheusSource): PrometheusReader {
  const readWindow = (region: string, from: Date, to: Date, keep: KeepRows) =>
    readUsage(query, source, region, { fromMs: from.getTime(), toMs: to.getTime() }, keep);
  return {
    readWindow,
    read: (region: string, day: UtcDay, keep: KeepRows, until = startOf(addDays(day, 1))) =>
      readWindow(region, startOf(day), until, keep),
  };
}

async function readUsage(
  query: PrometheusQuery,
  source: PrometheusSource,
  region: string,
  window: Window,
  keep: KeepRows,
): Promise<UsageReading> {
  if (window.toMs <= window.fromMs || window.fromMs % 1_000 !== 0 || window.toMs % 1_000 !== 0) {
    throw new RangeError(`a window must begin before it ends, on whole seconds: ${window.fromMs} to ${window.toMs}`);
  }
  const session = new ReadingSession(query, source, regionSelector(source, source.selector, region));
  const targetGap = await findTargetGap(session, region, window);
  if (targetGap !== undefined) return { ...targetGap, evidence: session.evidence() };
  const usage = await aggregate(session, window);
  if (usage.kind === 'incomplete') return { ...usage, evidence: session.evidence() };
  const rows = scaledRows(usage.value, source);
  if (rows.kind === 'incomplete') return { ...rows, evidence: session.evidence() };
  if (rows.value.length === 0 && source.upSelector === undefined) {
    const seen = `${source.selector} has no series in ${region} on this day`;
    const detail = `${seen}: correct the selector, or give the source an upSelector that proves that nothing was used`;
    return { kind: 'incomplete', reason: 'no_data', detail, evidence: session.evidence() };
  }
  const refusal = await keep(rows.value);
  if (refusal !== undefined) return { ...refusal, evidence: session.evidence() };
  return { kind: 'complete', evidence: session.evidence() };
}

function aggregate(session: ReadingSession, window: Window): Promise<Read<UsageByProject>> {
  const { aggregation } = session.source;
  switch (aggregation) {
    case 'counter':
      return readCounter(session, window);
    case 'max':
      return readHighest(session, window);
    case 'last':
      return readLast(session, window);
    case 'integral':
      return readIntegral(session, window);
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
