import type { BigQuery, Job } from '@google-cloud/bigquery';
import { z } from 'zod';
import type { Effects } from '../../effects/effects.ts';
import type { Incomplete } from '../reading.ts';
import { withinTimeout } from './client.ts';
import { callFailure } from './failure.ts';

/** One parameterised query, and where and under which name it runs. */
export interface QueryJob {
  /** The same for the same question, so that a retry finds the job that is there. */
  readonly jobId: string;
  readonly text: string;
  readonly parameters: { readonly day: string; readonly region: string; readonly snapshot: string };
  readonly location: string;
  readonly dataset: string;
  /** The project that holds the dataset. */
  readonly project: string;
  readonly maximumBytesBilled: string;
}

/** A page of a result as BigQuery sends it: every value is text or NULL. */
export interface ResultPage {
  /** Name → type. */
  readonly columns: ReadonlyMap<string, string>;
  readonly rows: readonly Readonly<Record<string, string | null>>[];
}

/** Takes each page as it comes; undefined to go on, else why the result cannot be used. */
export type TakePage = (page: ResultPage) => Promise<Incomplete | undefined>;

/** The end of a result of which every page was taken. */
export interface QueryResult {
  readonly kind: 'result';
  /** Of the job that gave the result: the job's own, or its successor after jobs that had failed. */
  readonly jobId: string;
  readonly bytesProcessed: string;
}

const page = z.object({
  jobComplete: z.boolean(),
  schema: z.object({ fields: z.array(z.object({ name: z.string(), type: z.string() })) }).optional(),
  totalRows: z.string().optional(),
  totalBytesProcessed: z.string().default('0'),
  pageToken: z.string().optional(),
});
const pageRows = z.array(z.object({ f: z.array(z.object({ v: z.string().nullable() })) }));

const PAGE_ROWS = 10_000;
/** BigQuery holds each request for results for up to ten seconds. */
const MAXIMUM_POLLS = 30;
const MAXIMUM_FAILED_JOBS = 20;

/**
 * Runs the query, or takes the result of the job of the same name that ran before, page by page. A job that failed stays
 * failed, so a retry steps over it to the next name.
 */
export async function runQueryJob(
  effects: Effects,
  client: BigQuery,
  query: QueryJob,
  take: TakePage,
): Promise<QueryResult | Incomplete> {
  for (let failed = 0; failed < MAXIMUM_FAILED_JOBS; failed += 1) {
    const jobId = failed === 0 ? query.jobId : `${query.jobId}_${failed}`;
    const insertion = await insert(effects, client, query, jobId);
    if (insertion.kind === 'incomplete') return insertion;
    const outcome = await results(effects, insertion.job, jobId, take);
    if (outcome.kind === 'result') return outcome;
    if (!(outcome.final && insertion.kind === 'attached')) return outcome.incomplete;
  }
  const detail = `${MAXIMUM_FAILED_JOBS} BigQuery jobs named ${query.jobId} have failed; correct the source, which gives its jobs another name`;
  return { kind: 'incomplete', reason: 'source_error', detail };
}

type Insertion = { readonly kind: 'started' | 'attached'; readonly job: Job } | Incomplete;

function insert(effects: Effects, client: BigQuery, query: QueryJob, jobId: string): Promise<Insertion> {
  return effects.perform({ kind: 'http', name: 'bigquery POST /jobs' }, async (): Promise<Insertion> => {
    const { day, region, snapshot } = query.parameters;
    try {
      const [job] = await withinTimeout(client, () =>
        client.createQueryJob({
          jobId,
          query: query.text,
          params: { day: client.date(day), region, snapshot: client.timestamp(snapshot) },
          location: query.location,
          defaultDataset: { datasetId: query.dataset, projectId: query.project },
          maximumBytesBilled: query.maximumBytesBilled,
          useQueryCache: false,
          useLegacySql: false,
        }),
      );
      return { kind: 'started', job };
    } catch (error) {
      const failure = callFailure(error, jobId);
      if (failure.kind !== 'duplicate') return failure.incomplete;
      return { kind: 'attached', job: client.job(jobId, { location: query.location }) };
    }
  });
}

type Outcome =
  | QueryResult
  /** `final`: asking again cannot help, the job is lost. */
  | { readonly kind: 'failed'; readonly final: boolean; readonly incomplete: Incomplete };

type Page =
  | { readonly kind: 'page'; readonly page: z.output<typeof page>; readonly rows: z.output<typeof pageRows> }
  | Exclude<Outcome, QueryResult>;

async function results(effects: Effects, job: Job, jobId: string, take: TakePage): Promise<Outcome> {
  let columns: ReadonlyMap<string, string> = new Map();
  let rowCount = 0;
  let pageToken: string | undefined;
  let polls = 0;
  for (;;) {
    const next = await fetchPage(effects, job, jobId, pageToken);
    if (next.kind !== 'page') return next;
    const { jobComplete, schema, totalRows, totalBytesProcessed } = next.page;
    if (!jobComplete) {
      polls += 1;
      if (polls < MAXIMUM_POLLS) continue;
      return failed('source_timeout', `BigQuery job ${jobId} is still running; run the day again to take its result`);
    }
    if (schema !== undefined) columns = new Map(schema.fields.map(({ name, type }) => [name, type]));
    const short = next.rows.find(({ f }) => f.length !== columns.size);
    if (short !== undefined)
      return failed(
        'malformed_response',
        `a row of BigQuery job ${jobId} has ${short.f.length} of ${columns.size} values`,
      );
    rowCount += next.rows.length;
    pageToken = next.page.pageToken;
    if (isMiscounted(totalRows, rowCount, pageToken !== undefined)) {
      const advice = 'run the day again';
      return failed(
        'row_count_mismatch',
        `BigQuery job ${jobId} has ${totalRows} rows, but ${rowCount} came; ${advice}`,
      );
    }
    const refusal = await take({ columns, rows: namedRows(columns, next.rows) });
    if (refusal !== undefined) return { kind: 'failed', final: false, incomplete: refusal };
    if (pageToken === undefined) return { kind: 'result', jobId, bytesProcessed: totalBytesProcessed };
  }
}

/** More rows than there are, or fewer when no page is left. */
function isMiscounted(totalRows: string | undefined, rowCount: number, more: boolean): boolean {
  if (totalRows === undefined) return false;
  return rowCount > Number(totalRows) || (!more && rowCount !== Number(totalRows));
}

function namedRows(columns: ResultPage['columns'], rows: z.output<typeof pageRows>): ResultPage['rows'] {
  const names = [...columns.keys()];
  return rows.map(({ f }) => Object.fromEntries(f.map(({ v }, index) => [names[index] ?? '', v])));
}

function failed(reason: Incomplete['reason'], detail: string): Exclude<Outcome, QueryResult> {
  return { kind: 'failed', final: false, incomplete: { kind: 'incomplete', reason, detail } };
}

function fetchPage(effects: Effects, job: Job, jobId: string, pageToken: string | undefined): Promise<Page> {
  return effects.perform({ kind: 'http', name: 'bigquery GET /queries' }, async (): Promise<Page> => {
    const options = { autoPaginate: false, skipParsing: true, maxResults: PAGE_ROWS };
    try {
      const [rows, , response] = await withinTimeout(job.bigQuery, () =>
        job.getQueryResults(pageToken === undefined ? options : { ...options, pageToken }),
      );
      const parsedPage = page.safeParse(response);
      const parsedRows = pageRows.safeParse(rows);
      if (parsedPage.success && parsedRows.success)
        return { kind: 'page', page: parsedPage.data, rows: parsedRows.data };
      const issue = (parsedPage.error ?? parsedRows.error)?.issues[0];
      return failed(
        'malformed_response',
        `the result of BigQuery job ${jobId} cannot be read (${issue?.path.join('.')}: ${issue?.message}); run the day again`,
      );
    } catch (error) {
      const failure = callFailure(error, jobId);
      switch (failure.kind) {
        case 'duplicate':
          return failed(
            'source_error',
            `BigQuery answered 409 when asked for the result of job ${jobId}; run the day again`,
          );
        case 'job_failed':
          return { kind: 'failed', final: true, incomplete: failure.incomplete };
        case 'no_answer':
          return { kind: 'failed', final: false, incomplete: failure.incomplete };
        default:
          return failure satisfies never;
      }
    }
  });
}
