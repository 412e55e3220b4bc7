import type { BigQuery } from '@google-cloud/bigquery';
import { addDays, startOf, type UtcDay } from '../../calendar/utc-day.ts';
import { canonicalJson, digest } from '../../canonical/canonical-json.ts';
import type { Effects } from '../../effects/effects.ts';
import { Exact } from '../../exact/exact.ts';
import type { Incomplete, KeepRows, ReadingEvidence, UsageReader } from '../reading.ts';
import { type QueryJob, type ResultPage, runQueryJob, type TakePage } from './job.ts';
import { type ControlTotals, parseControlTotals, parseProjectRows } from './result.ts';
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

/**
 * Reads days of one BigQuery source as of one instant. A part of a day is what had arrived by that instant: it trails by
 * the delay of the stream, and nothing shows that it is whole.
 */
export function bigQueryReader(options: BigQueryReaderOptions): UsageReader {
  return {
    read: async (region, day, keep, until) => {
      const reading = new Reading(options, region, day);
      const fault = await readDay(reading, keep, until !== undefined);
      const { evidence } = reading;
      return fault === undefined ? { kind: 'complete', evidence } : { ...fault, evidence };
    },
  };
}

/** What the rows came to, to be held against the control query. */
interface Sum {
  rowCount: bigint;
  quantity: Exact;
}

/** One reading under way: it runs the queries and keeps them, with what they showed, as evidence. */
class Reading {
  readonly options: BigQueryReaderOptions;
  readonly region: string;
  readonly day: UtcDay;
  private readonly queries: ReadingEvidence['queries'][number][] = [];
  private readonly facts: Record<string, string | number>;

  constructor(options: BigQueryReaderOptions, region: string, day: UtcDay) {
    this.options = options;
    this.region = region;
    this.day = day;
    this.facts = { snapshot: options.snapshotAt.toISOString() };
  }

  get evidence(): ReadingEvidence {
    return { queries: this.queries, facts: this.facts };
  }

  note(facts: Readonly<Record<string, string>>): void {
    Object.assign(this.facts, facts);
  }

  /** Runs one of the source's queries in the region's dataset; undefined when every page was taken. */
  async run(client: BigQuery, part: 'rows' | 'control', place: Place, take: TakePage): Promise<Incomplete | undefined> {
    const { source, snapshotAt, effects, projectId } = this.options;
    const { location, dataset, project = projectId } = place;
    const query: QueryJob = {
      jobId: jobIdOf(this.options, this.region, this.day, part),
      text: part === 'rows' ? source.query : source.controlQuery,
      parameters: { day: this.day, region: this.region, snapshot: snapshotAt.toISOString() },
      location,
      dataset,
      project,
      maximumBytesBilled: source.maximumBytesBilled,
    };
    const { text, parameters, jobId } = query;
    this.queries.push({ text, parameters: { ...parameters, jobId, location, dataset: `${project}.${dataset}` } });
    const result = await runQueryJob(effects, client, query, take);
    if (result.kind === 'incomplete') return result;
    this.note({ [`${part}JobId`]: result.jobId, [`${part}BytesProcessed`]: result.bytesProcessed });
    return undefined;
  }
}

type Place = BigQuerySource['regions'][string];

async function readDay(reading: Reading, keep: KeepRows, provisional: boolean): Promise<Incomplete | undefined> {
  const { options, region, day } = reading;
  const place = options.source.regions[region];
  if (place === undefined) {
    const detail = `the source names no dataset for ${region}; add the region to its configuration`;
    return { kind: 'incomplete', reason: 'no_data', detail };
  }
  const early = provisional ? undefined : findEarlySnapshot(options.source, day, options.snapshotAt);
  if (early !== undefined) return early;

  const client = await options.connect();
  const sum: Sum = { rowCount: 0n, quantity: Exact.zero };
  const rowsFault = await reading.run(client, 'rows', place, (page) => takeRows(page, sum, keep));
  if (rowsFault !== undefined) return rowsFault;
  const controlPages: ResultPage[] = [];
  const controlFault = await reading.run(client, 'control', place, (page) => takeControl(page, controlPages));
  if (controlFault !== undefined) return controlFault;
  const control = parseControlTotals(controlPages[0] ?? { columns: new Map(), rows: [] });
  if (control.kind === 'incomplete') return control;
  reading.note({
    rowCount: control.value.rowCount.toString(),
    controlTotal: control.value.quantity.toString(),
    watermark: control.value.watermark?.toISOString() ?? 'none',
  });
  return findFault(sum, control.value, day, region) ?? (provisional ? undefined : findLag(control.value, day, region));
}

async function takeRows(page: ResultPage, sum: Sum, keep: KeepRows): Promise<Incomplete | undefined> {
  const rows = parseProjectRows(page);
  if (rows.kind === 'incomplete') return rows;
  for (const { rowCount, exact } of rows.value) {
    sum.rowCount += rowCount;
    sum.quantity = sum.quantity.add(exact);
  }
  return keep(rows.value.map(({ project, quantity }) => ({ project, quantity })));
}

/** The control query has one row; a second page is a query that is not one. */
async function takeControl(page: ResultPage, pages: ResultPage[]): Promise<Incomplete | undefined> {
  pages.push(page);
  if (pages.length === 1) return undefined;
  const detail = 'the control query gave more than a page of rows; it must give one row';
  return { kind: 'incomplete', reason: 'malformed_response', detail };
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
function findFault(sum: Sum, control: ControlTotals, day: UtcDay, region: string): Incomplete | undefined {
  if (control.unplacedRowCount > 0n) {
    const detail = `${control.unplacedRowCount} rows of ${region} have no day, so no day can be complete; give them one in the table`;
    return { kind: 'incomplete', reason: 'null_value', detail };
  }
  if (sum.rowCount !== control.rowCount || !sum.quantity.equals(control.quantity)) {
    const seen = `the projects of ${region} on ${day} have ${sum.rowCount} rows and ${sum.quantity} in total`;
    const detail = `${seen}, the control query ${control.rowCount} and ${control.quantity}; correct the source's queries, which must read the same rows`;
    return { kind: 'incomplete', reason: 'row_count_mismatch', detail };
  }
  return undefined;
}

/** What the newest arrival shows: whether the stream has passed the end of the day. */
function findLag({ watermark }: ControlTotals, day: UtcDay, region: string): Incomplete | undefined {
  if (watermark === undefined) {
    const detail = `the table has no row of ${region}, so nothing shows that nothing was used on ${day}; check the query and the stream`;
    return { kind: 'incomplete', reason: 'no_data', detail };
  }
  if (watermark.getTime() < startOf(addDays(day, 1)).getTime()) {
    const detail = `the newest row of ${region} arrived at ${watermark.toISOString()}, before ${day} ended; run the day again when the stream has caught up`;
    return { kind: 'incomplete', reason: 'stale_source', detail };
  }
  return undefined;
}
