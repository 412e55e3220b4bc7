import type { UtcDay } from '../calendar/utc-day.ts';
import type { Database, Intent } from '../database/database.ts';
import { checkpointFail, regionListActive, usageSourceListActive } from '../database/queries.generated.ts';
import { REFUSALS, sqlStateOf } from '../database/sqlstate.ts';
import type { Effects } from '../effects/effects.ts';
import type { OpenReader } from '../sources/readers.ts';
import type { UsageReading } from '../sources/reading.ts';
import type { Cell } from './cell.ts';
import { type ActiveSource, type AttemptOutcome, FencedOut, finishAttempt, startAttempt } from './checkpoint.ts';
import { openMonth } from './months.ts';
import { findOverlappingRegion } from './overlapping-region.ts';
import { stageRows } from './staging.ts';

export interface AggregationDependencies {
  readonly database: Database;
  readonly effects: Effects;
  readonly openReader: OpenReader;
}

/** What to read, and for whom. */
export interface AggregationWork {
  readonly region: string;
  readonly day: UtcDay;
  /** One source; without it, every active one. */
  readonly source?: string;
  /** The instant as of which tables are read. A repeat of the same firing passes the same one. */
  readonly snapshotAt: Date;
  readonly actor: string;
  readonly why: string;
}

/** What a day's aggregation in one region did, source by source. */
export type AggregationResult =
  | { readonly kind: 'aggregated'; readonly outcomes: readonly AttemptOutcome[] }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Reads one UTC day of one region from every active source, or from the one that is named, and keeps each as a
 * checkpoint. Safe to repeat and to race: a repeat makes no new revision unless the data changed. A source that fails
 * does not stop the others.
 */
export async function aggregateDay(
  dependencies: AggregationDependencies,
  work: AggregationWork,
): Promise<AggregationResult> {
  const { database, effects } = dependencies;
  if (work.day >= effects.now().toISOString().slice(0, 10)) {
    return { kind: 'refused', reason: `${work.day} is not over yet (UTC); aggregate it tomorrow` };
  }
  const regions = await database.rows(regionListActive, { day: work.day });
  if (!regions.some(({ region }) => region === work.region)) {
    const known = regions.map(({ region }) => region).join(', ') || 'none';
    return {
      kind: 'refused',
      reason: `there is no region "${work.region}" on ${work.day}; the regions of that day: ${known}`,
    };
  }
  const sources = (await database.rows(usageSourceListActive, { region: work.region, day: work.day })).filter(
    (row) => work.source === undefined || row.source_id === work.source,
  );
  if (sources.length === 0) {
    return {
      kind: 'refused',
      reason: `no usage source ${work.source ?? ''} is active in ${work.region} on ${work.day}`,
    };
  }
  const month = await openMonth(database, work.day);
  if (month.kind === 'refused') return month;
  const outcomes: AttemptOutcome[] = [];
  for (const source of sources) outcomes.push(await aggregateCell(dependencies, source, work));
  return { kind: 'aggregated', outcomes };
}

interface SourceRow {
  readonly source_id: string;
  readonly version: number;
  readonly metric: string;
  readonly region: string;
  readonly configuration: unknown;
  readonly configuration_digest: string;
}

async function aggregateCell(
  { database, effects, openReader }: AggregationDependencies,
  row: SourceRow,
  work: AggregationWork,
): Promise<AttemptOutcome> {
  const cell: Cell = { region: row.region, source: row.source_id, day: work.day };
  const source: ActiveSource = {
    version: row.version,
    metric: row.metric,
    configurationDigest: row.configuration_digest,
  };
  const intent = { actor: work.actor, why: work.why };
  const id = await database.transaction(intent, (transaction) => startAttempt(transaction, effects, cell, source));
  const staging = stageRows(database, id);
  const reading = await readOrSayWhy(async () => {
    const overlapping = await findOverlappingRegion(database, row, work.day);
    if (overlapping !== undefined) return overlapping;
    const reader = await openReader(row, work.snapshotAt);
    return reader.read(cell.region, cell.day, staging.keep);
  });
  try {
    return await database.transaction(intent, (transaction) =>
      finishAttempt(transaction, effects, { id, cell, source }, reading, staging.rowCount()),
    );
  } catch (error) {
    if (error instanceof FencedOut) return { kind: 'fenced_out', cell };
    if (isRefused(error)) await endRefused(database, effects, intent, id, error);
    throw error;
  }
}

/** A reader that throws has a fault that nobody foresaw: the cell has no figure, and the failure says what was thrown. */
async function readOrSayWhy(read: () => Promise<UsageReading>): Promise<UsageReading> {
  try {
    return await read();
  } catch (error) {
    const detail = `the reader ended with an error, and nothing of what it had read counts: ${error instanceof Error ? error.message : String(error)}`;
    return { kind: 'incomplete', reason: 'reader_failed', detail, evidence: { queries: [], facts: {} } };
  }
}

function isRefused(error: unknown): error is Error {
  const state = sqlStateOf(error);
  return state !== undefined && state in REFUSALS;
}

/** Ends an attempt whose figures the database refuses. That is no failure to retry: a person decides. */
async function endRefused(
  database: Database,
  effects: Effects,
  intent: Intent,
  id: bigint,
  { message }: Error,
): Promise<void> {
  const columns = { checkpoint_id: id, failure_reason: 'refused', failure_detail: message, finished_at: effects.now() };
  await database.transaction(intent, (transaction) => transaction.rows(checkpointFail, { ...columns, evidence: '{}' }));
}
