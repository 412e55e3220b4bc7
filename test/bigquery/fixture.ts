import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject, onTestFinished } from 'vitest';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { bigQueryConnection } from '../../shared/sources/bigquery/client.ts';
import { bigQueryReader } from '../../shared/sources/bigquery/reader.ts';
import { type BigQuerySource, bigQuerySourceSchema } from '../../shared/sources/bigquery/source.ts';
import { loadTransfers, type TableRow } from '../local-cloud/bigquery/load.ts';
import { BigQueryStandIn, type BigQueryStandInOptions } from '../local-cloud/bigquery/server.ts';
import { DEMO_METRICS } from '../local-cloud/telemetry/sources.ts';
import { type WholeReading, wholeReading } from '../usage/reading.ts';

export const DAY = utcDay('2026-10-12');
export const SETTLED = new Date('2026-10-13T02:00:00.000Z');

export const SOURCE: BigQuerySource = {
  ...bigQuerySourceSchema.parse(DEMO_METRICS.find(({ key }) => key === 'data_gb')?.source),
  regions: { r1: { location: 'US', dataset: 'telemetry' } },
};

/** A row of the day that arrived ten minutes after it. */
export function row(over: Partial<TableRow> = {}): TableRow {
  return {
    day: DAY,
    region: 'r1',
    project: 'p1',
    windowStart: '2026-10-12T18:00:00.000Z',
    bytes: 1_500_000_000,
    ingestedAt: '2026-10-13T00:10:00.000Z',
    ...over,
  };
}

/** A server whose dataset holds the rows, in a database of its own, for this test. */
export async function serve(
  rows: readonly TableRow[],
  options: Omit<BigQueryStandInOptions, 'connectionString'> = {},
): Promise<{ server: BigQueryStandIn; url: string }> {
  const name = `bigquery_${randomUUID().replaceAll('-', '')}`;
  const base = inject('postgresUrl');
  const admin = new pg.Client({ connectionString: base.replace('DATABASE', 'postgres') });
  await admin.connect();
  await admin.query(`create database ${admin.escapeIdentifier(name)} template template0`);
  const connectionString = base.replace('DATABASE', name);
  const client = new pg.Client({ connectionString });
  await client.connect();
  await loadTransfers(client, 'telemetry', rows);
  await client.end();
  const server = new BigQueryStandIn({ connectionString, ...options });
  onTestFinished(async () => {
    await server.close();
    await admin.query(`drop database ${admin.escapeIdentifier(name)} with (force)`);
    await admin.end();
  });
  return { server, url: await server.listen() };
}

export interface ReadSettings {
  readonly source?: Partial<BigQuerySource>;
  readonly snapshotAt?: Date;
  readonly timeoutMs?: number;
  readonly effects?: Effects;
  readonly region?: string;
}

/** Reads the day. */
export function readDay(url: string, settings: ReadSettings = {}): Promise<WholeReading> {
  const { source = {}, snapshotAt = SETTLED, timeoutMs = 10_000, effects = systemEffects(), region = 'r1' } = settings;
  const connect = bigQueryConnection({ projectId: 'daybook-local', apiEndpoint: url, timeoutMs });
  const options = { effects, connect, projectId: 'daybook-local', sourceKey: 'data', snapshotAt };
  const reader = bigQueryReader({ ...options, source: { ...SOURCE, ...source } });
  return wholeReading((keep) => reader.read(region, DAY, keep));
}
