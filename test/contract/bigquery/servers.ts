import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BigQuery } from '@google-cloud/bigquery';
import pg from 'pg';
import { bigQueryConnection } from '../../../shared/sources/bigquery/client.ts';
import type { BigQuerySource } from '../../../shared/sources/bigquery/source.ts';
import { loadTransfers, type TableRow, TRANSFERS_SCHEMA } from '../../local-cloud/bigquery/load.ts';
import { BigQueryStandIn } from '../../local-cloud/bigquery/server.ts';
import { startPostgres } from '../../local-cloud/postgres/server.ts';
import { findEmulator, startRealEmulator } from './real-emulator.ts';

export const PROJECT = 'daybook-local';

/** A running server whose datasets hold the rows; or why there is none on this machine. */
export type StartedServer =
  | {
      readonly kind: 'started';
      readonly url: string;
      /** The source as this server can read it, for one region. */
      adapt(source: BigQuerySource, region: string): BigQuerySource;
      stop(): Promise<void>;
    }
  | { readonly kind: 'missing'; readonly why: string };

/** By dataset. */
type Datasets = ReadonlyMap<string, readonly TableRow[]>;

export interface ServerUnderTest {
  readonly name: string;
  /** Undefined where a job name that is taken is refused as BigQuery does it; else what happens instead. */
  readonly repeatedJobs: string | undefined;
  /** Which days of the month are read: every one, or every so many. The emulator grows slower with each job. */
  readonly everyNthDay: number;
  start(datasets: Datasets): Promise<StartedServer>;
}

/** Each is held to the same assertions. */
export const SERVERS: readonly ServerUnderTest[] = [
  { name: 'the stand-in', repeatedJobs: undefined, everyNthDay: 1, start: startStandIn },
  {
    name: 'the BigQuery emulator',
    repeatedJobs: 'the emulator answers 400, not 409, to a job name that is taken',
    everyNthDay: 10,
    start: startEmulator,
  },
];

async function startStandIn(datasets: Datasets): Promise<StartedServer> {
  const folder = mkdtempSync(join(tmpdir(), 'daybook-bigquery-'));
  const postgres = await startPostgres({ dataDirectory: join(folder, 'data'), durable: false, maxConnections: 20 });
  await postgres.createDatabase('bigquery', 'template0');
  const connectionString = postgres.url('bigquery');
  const client = new pg.Client({ connectionString });
  await client.connect();
  for (const [dataset, rows] of datasets) await loadTransfers(client, dataset, rows);
  await client.end();
  const server = new BigQueryStandIn({ connectionString, pageRows: 7, polls: 1 });
  return {
    kind: 'started',
    url: await server.listen(),
    adapt: (source) => source,
    stop: async () => {
      await server.close();
      await postgres.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function startEmulator(datasets: Datasets): Promise<StartedServer> {
  const found = findEmulator();
  if (found.kind === 'missing') return found;
  const emulator = await startRealEmulator(found.path, PROJECT);
  const client = await bigQueryConnection({ projectId: PROJECT, apiEndpoint: emulator.url, timeoutMs: 30_000 })();
  for (const [dataset, rows] of datasets) await loadEmulator(client, dataset, rows);
  return {
    kind: 'started',
    url: emulator.url,
    adapt: (source, region) => ({
      ...source,
      query: withoutUnsupported(source.query, source.regions[region]?.dataset),
      controlQuery: withoutUnsupported(source.controlQuery, source.regions[region]?.dataset),
    }),
    stop: emulator.stop,
  };
}

/** The emulator has no time travel, and passes over a job's default dataset. */
function withoutUnsupported(query: string, dataset: string | undefined): string {
  return query.replace(' FOR SYSTEM_TIME AS OF @snapshot', '').replace('`gateway_', `\`${dataset}.gateway_`);
}

async function loadEmulator(client: BigQuery, dataset: string, rows: readonly TableRow[]): Promise<void> {
  const [made] = await client.createDataset(dataset);
  const [table] = await made.createTable('gateway_transfers', { schema: { fields: [...TRANSFERS_SCHEMA] } });
  for (let from = 0; from < rows.length; from += 1_000) {
    await table.insert(
      rows.slice(from, from + 1_000).map(({ windowStart, ingestedAt, bytes, ...row }) => ({
        ...row,
        window_start: windowStart,
        bytes: bytes === null ? null : String(bytes),
        ingested_at: ingestedAt,
      })),
    );
  }
}
