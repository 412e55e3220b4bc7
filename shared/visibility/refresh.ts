import { z } from 'zod';
import { startOf, type UtcDay, utcDayOf } from '../calendar/utc-day.ts';
import type { Database, Intent } from '../database/database.ts';
import {
  regionListActive,
  usageSnapshotDeleteCheckpointed,
  usageSnapshotDeleteRows,
  usageSnapshotInsertRows,
  usageSnapshotKeep,
  usageSnapshotNoteFailure,
  usageSourceListActive,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import type { OpenReader } from '../sources/readers.ts';
import type { Incomplete, UsageReader, UsageRow } from '../sources/reading.ts';
import { asVisibility } from './role.ts';

export interface RefreshDependencies {
  readonly database: Database;
  readonly effects: Effects;
  readonly openReader: OpenReader;
}

/** What became of one source's today. */
export type RefreshOutcome =
  | { readonly kind: 'kept'; readonly source: string; readonly asOf: Date; readonly rows: number }
  /** A newer reading was there, or the day's checkpoint. */
  | { readonly kind: 'overtaken'; readonly source: string }
  /** The last good figure stays, with its own time. */
  | { readonly kind: 'failed'; readonly source: string; readonly reason: string; readonly detail: string };

export type RefreshResult =
  | {
      readonly kind: 'refreshed';
      readonly day: UtcDay;
      readonly outcomes: readonly RefreshOutcome[];
      /** Snapshots that were removed because their day has a checkpoint by now. */
      readonly removed: number;
    }
  | { readonly kind: 'refused'; readonly reason: string };

/** Less of a day than this shows nothing yet. */
const SHORTEST_MS = 5 * 60_000;
const PROVISIONAL_COVERAGE_PERCENT = 50;
const BATCH = 5_000;

/**
 * Reads today, up to an instant, of every active source of a region, and keeps each reading in place of the one before.
 * Snapshots of days that have a checkpoint are removed. A source that fails does not stop the others, keeps its last good
 * figure, and raises no exception.
 */
export async function refreshUsage(
  dependencies: RefreshDependencies,
  work: { readonly region: string; readonly at: Date; readonly actor: string },
): Promise<RefreshResult> {
  const { database } = dependencies;
  const { region } = work;
  const until = new Date(Math.floor(work.at.getTime() / 1_000) * 1_000);
  const day = utcDayOf(until);
  const regions = await database.rows(regionListActive, { day });
  if (!regions.some((active) => active.region === region)) {
    const known = regions.map((active) => active.region).join(', ') || 'none';
    return { kind: 'refused', reason: `there is no region "${region}" on ${day}; the regions of that day: ${known}` };
  }
  const intent = { actor: work.actor, why: `usage of ${day} up to ${until.toISOString()}` };
  const outcomes: RefreshOutcome[] = [];
  if (until.getTime() - startOf(day).getTime() >= SHORTEST_MS) {
    const sources = await database.rows(usageSourceListActive, { region, day });
    for (const source of sources) outcomes.push(await refreshSource(dependencies, intent, source, day, until));
  }
  const removed = await asVisibility(database, intent, (reader) =>
    reader.rows(usageSnapshotDeleteCheckpointed, { region }),
  );
  return { kind: 'refreshed', day, outcomes, removed: removed.length };
}

interface SourceRow {
  readonly source_id: string;
  readonly version: number;
  readonly metric: string;
  readonly region: string;
  readonly configuration: unknown;
}

async function refreshSource(
  { database, openReader }: RefreshDependencies,
  intent: Intent,
  row: SourceRow,
  day: UtcDay,
  until: Date,
): Promise<RefreshOutcome> {
  const source = row.source_id;
  const cell = { region: row.region, source_id: source, day };
  const version = { source_version: row.version, metric: row.metric };
  const provisional = { ...row, configuration: provisionalConfiguration(row.configuration) };
  const reading = await readPart(await openReader(provisional, until), row.region, day, until);
  if (reading.kind === 'incomplete') {
    const { reason, detail } = reading;
    const failure = { ...cell, ...version, tried_for: until, failure_reason: reason, failure_detail: detail };
    await asVisibility(database, intent, (reader) => reader.rows(usageSnapshotNoteFailure, failure));
    return { kind: 'failed', source, reason, detail };
  }
  const { rows } = reading;
  const kept = await asVisibility(database, intent, async (reader) => {
    const snapshot = { ...cell, ...version, as_of: until, row_count: rows.length };
    if (!(await reader.first(usageSnapshotKeep, snapshot))) return false;
    await reader.rows(usageSnapshotDeleteRows, cell);
    for (let from = 0; from < rows.length; from += BATCH) {
      const batch = rows.slice(from, from + BATCH);
      const project_ids = batch.map(({ project }) => project);
      const quantities = batch.map(({ quantity }) => quantity);
      await reader.rows(usageSnapshotInsertRows, { ...cell, project_ids, quantities });
    }
    return true;
  });
  return kept ? { kind: 'kept', source, asOf: until, rows: rows.length } : { kind: 'overtaken', source };
}

const prometheusSchema = z.looseObject({
  kind: z.literal('prometheus'),
  minimumCoveragePercent: z.number().default(100),
});

/** Early in a day few scrapes are due, and one that failed weighs much: a figure that is never billed may rest on half of them. */
function provisionalConfiguration(configuration: unknown): unknown {
  const parsed = prometheusSchema.safeParse(configuration);
  if (!parsed.success) return configuration;
  const minimumCoveragePercent = Math.min(parsed.data.minimumCoveragePercent, PROVISIONAL_COVERAGE_PERCENT);
  return { ...parsed.data, minimumCoveragePercent };
}

type PartReading = Incomplete | { readonly kind: 'complete'; readonly rows: readonly UsageRow[] };

/** The rows of a day up to an instant; a project that comes twice is no figure. */
async function readPart(reader: UsageReader, region: string, day: UtcDay, until: Date): Promise<PartReading> {
  const rows = new Map<string, UsageRow>();
  const reading = await reader.read(
    region,
    day,
    async (batch) => {
      for (const row of batch) {
        if (rows.has(row.project)) {
          const detail = `project ${row.project.slice(0, 60)} comes twice in the source's answer; correct the source`;
          return { kind: 'incomplete', reason: 'duplicate_row', detail };
        }
        rows.set(row.project, row);
      }
      return undefined;
    },
    until,
  );
  return reading.kind === 'incomplete' ? reading : { kind: 'complete', rows: [...rows.values()] };
}
