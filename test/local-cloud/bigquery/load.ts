import type { Client } from 'pg';
import type { TransferRow } from '../telemetry/transfers.ts';

/** The dataset of a region: in BigQuery a dataset is in one location. */
export function datasetOf(region: string): string {
  return `telemetry_${region.replace(/-/g, '_')}`;
}

/** The same table in the notation of the BigQuery API, for servers that take that. */
export const TRANSFERS_SCHEMA = [
  { name: 'day', type: 'DATE' },
  { name: 'region', type: 'STRING' },
  { name: 'project', type: 'STRING' },
  { name: 'window_start', type: 'TIMESTAMP' },
  { name: 'bytes', type: 'INTEGER' },
  { name: 'ingested_at', type: 'TIMESTAMP' },
] as const;

/** A row as the table may hold it: anything but its arrival can be NULL there. */
export type TableRow = { readonly [Column in keyof TransferRow]: TransferRow[Column] | null };

/** Puts the rows into the dataset's table of transfers, which is made when it is not there. A repeat adds nothing. */
export async function loadTransfers(client: Client, dataset: string, rows: readonly TableRow[]): Promise<void> {
  const schema = client.escapeIdentifier(dataset);
  await client.query(`CREATE SCHEMA IF NOT EXISTS ${schema}`);
  await client.query(
    `CREATE TABLE IF NOT EXISTS ${schema}.gateway_transfers (
       day date, region text, project text, window_start timestamptz, bytes bigint, ingested_at timestamptz NOT NULL,
       UNIQUE (region, project, window_start))`,
  );
  await client.query(
    `CREATE OR REPLACE FUNCTION ${schema}.unix_seconds(instant timestamptz) RETURNS bigint
       LANGUAGE sql IMMUTABLE AS 'SELECT floor(extract(epoch FROM instant))::bigint'`,
  );
  await client.query(
    `INSERT INTO ${schema}.gateway_transfers
     SELECT * FROM unnest($1::date[], $2::text[], $3::text[], $4::timestamptz[], $5::bigint[], $6::timestamptz[])
     ON CONFLICT DO NOTHING`,
    [
      rows.map(({ day }) => day),
      rows.map(({ region }) => region),
      rows.map(({ project }) => project),
      rows.map(({ windowStart }) => windowStart),
      rows.map(({ bytes }) => bytes),
      rows.map(({ ingestedAt }) => ingestedAt),
    ],
  );
}
