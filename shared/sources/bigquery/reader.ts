import type { BigQuery } from '@google-cloud/bigquery';
import { addDays, startOf, type UtcDay } from '../../calendar/utc-day.ts';
import { canonicalJson, digest } from '../../canonical/canonical-json.ts';
import type { Effects } from '../../effects/effects.ts';
import { Exact } from '../../exact/exact.ts';
import type { Incomplete, ReadingEvidence, UsageReader, UsageReading } from '../reading.ts';
import { type QueryJob, type QueryResult, runQueryJob } from './job.ts';
import { type ControlTotals, type ProjectRow, parseControlTotals, parseProjectRows } from './result.ts';
import type { BigQuerySource } from './source.ts';

export interface BigQueryReaderOptions {
  readonly effects: Effects;
  /** See `bigQueryConnection`. */
  readonly connect: () => Promise<BigQuery>;
  /** The project that holds the datasets of regions that name none. */
  readonly projectId: string;
  /** The source's stable name; with its content, region, day and snapshot it names the jobs. */
  readonly sourceKey: string;
  readonly source: BigQuerySource;
  /** The instant as of which the tables are read. A retry must pass the same one; a rerun for newer data a later one. */
  readonly snapshotAt: Date;
}

/** Reads days of one BigQuery source as of one instant. */
export function bigQueryReader(options: BigQueryReaderOptions): UsageReader {
  return { read: (region, day) => readDay(options, region, day) };
}

async function readDay(options: BigQueryReaderOptions, region: string, day: UtcDay): Promise<UsageReading> {
  const { source, snapshotAt, effects, connect } = options;
  const queries: ReadingEvidence['queries'][number][] = [];
  const facts: Record<string, string | number> = { snapshot: snapshotAt.toISOString() };
  const evidence: ReadingEvidence = { queries, facts };
  const place = source.regions[region];
  if (place === undefined) {
    const detail = `the source names no dataset for ${region}; add the region to its configuration`;
    return { kind: 'incomplete', reason: 'no_data', detail, evidence };
  }
  const early = findEarlySnapshot(source, day, snapshotAt);
  if (early !== undefined) return { ...early, evidence };

  const client = await connect();
  const run = async (part: 'rows' | 'control', text: string): Promise<QueryResult | Incomplete> => {
    const parameters = { day, region, snapshot: snapshotAt.toISOString() };
    const { location, dataset, project = options.projectId } = place;
    const jobId = jobIdOf(options, region, day, part);
    const query: QueryJob = {
      jobId,
      text,
      parameters,
      location,
      dataset,
      project,
      maximumBytesBilled: source.maximumBytesBilled,
    };
    queries.push({ text, parameters: { ...parameters, jobId, location, dataset: `${project}.${dataset}` } });
    const result = await runQueryJob(effects, client, query);
    if (result.kind === 'result') {
      facts[`${part}JobId`] = result.jobId;
      facts[`${part}BytesProcessed`] = result.bytesProcessed;
    }
    return result;
  };
  const outcome = await readResults(source, run);
  if (outcome.kind === 'incomplete') return { ...outcome, evidence };
  const { rows, control } = outcome;
  facts.rowCount = control.rowCount.toString();
  facts.controlTotal = control.quantity.toString();
  facts.watermark = control.watermark?.toISOString() ?? 'none';
  const fault = findFault(rows, control, day, region);
  if (fault !== undefined) return { ...fault, evidence };
  return { kind: 'complete', rows: rows.map(({ project, quantity }) => ({ project, quantity })), evidence };
}

async function readResults(
  source: BigQuerySource,
  run: (part: 'rows' | 'control', text: string) => Promise<QueryResult | Incomplete>,
): Promise<
  { readonly kind: 'read'; readonly rows: readonly ProjectRow[]; readonly control: ControlTotals } | Incomplete
> {
  const result = await run('rows', source.query);
  if (result.kind === 'incomplete') return result;
  const rows = parseProjectRows(result);
  if (rows.kind === 'incomplete') return rows;
  const controlResult = await run('control', source.controlQuery);
  if (controlResult.kind === 'incomplete') return controlResult;
  const control = parseControlTotals(controlResult);
  if (control.kind === 'incomplete') return control;
  return { kind: 'read', rows: rows.value, control: control.value };
}

/** Letters, digits, `-` and `_`, the same for the same question asked of the same source as of the same instant. */
function jobIdOf(
  { sourceKey, source, snapshotAt }: BigQueryReaderOptions,
  region: string,
  day: UtcDay,
  part: string,
): string {
  const question = { region, day, sourceKey, source, snapshot: snapshotAt.toISOString() };
  const hash = digest(canonicalJson(question)).replace('sha256:', '').slice(0, 32);
  return `daybook_${day}_${hash}_${part}`;
}

/** Rows may stream in for a while after the day; a snapshot from before then would miss them. */
function findEarlySnapshot(source: BigQuerySource, day: UtcDay, snapshotAt: Date): Incomplete | undefined {
  const settledMs = startOf(addDays(day, 1)).getTime() + source.settleSeconds * 1_000;
  if (snapshotAt.getTime() >= settledMs) return undefined;
  const settled = new Date(settledMs).toISOString();
  const detail = `rows of ${day} may arrive until ${settled}, after the snapshot of ${snapshotAt.toISOString()}; run the day again after that`;
  return { kind: 'incomplete', reason: 'stale_source', detail };
}

/** What the control totals show to be wrong with the rows. */
function findFault(
  rows: readonly ProjectRow[],
  control: ControlTotals,
  day: UtcDay,
  region: string,
): Incomplete | undefined {
  if (control.unplacedRowCount > 0n) {
    const detail = `${control.unplacedRowCount} rows of ${region} have no day, so no day can be complete; give them one in the table`;
    return { kind: 'incomplete', reason: 'null_value', detail };
  }
  const rowCount = rows.reduce((sum, row) => sum + row.rowCount, 0n);
  const total = rows.reduce((sum, row) => sum.add(row.exact), Exact.zero);
  if (rowCount !== control.rowCount || !total.equals(control.quantity)) {
    const seen = `the projects of ${region} on ${day} have ${rowCount} rows and ${total} in total`;
    const detail = `${seen}, the control query ${control.rowCount} and ${control.quantity}; correct the source's queries, which must read the same rows`;
    return { kind: 'incomplete', reason: 'row_count_mismatch', detail };
  }
  const end = startOf(addDays(day, 1));
  if (control.watermark === undefined) {
    const detail = `the table has no row of ${region}, so nothing shows that nothing was used on ${day}; check the query and the stream`;
    return { kind: 'incomplete', reason: 'no_data', detail };
  }
  if (control.watermark.getTime() < end.getTime()) {
    const detail = `the newest row of ${region} arrived at ${control.watermark.toISOString()}, before ${day} ended; run the day again when the stream has caught up`;
    return { kind: 'incomplete', reason: 'stale_source', detail };
  }
  return undefined;
}
