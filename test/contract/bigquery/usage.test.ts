import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { billingPeriod, periodDays } from '../../../shared/calendar/billing-period.ts';
import { daysOf, utcDay } from '../../../shared/calendar/utc-day.ts';
import { systemEffects } from '../../../shared/effects/system.ts';
import { bigQueryConnection } from '../../../shared/sources/bigquery/client.ts';
import { bigQueryReader } from '../../../shared/sources/bigquery/reader.ts';
import { type BigQuerySource, bigQuerySourceSchema } from '../../../shared/sources/bigquery/source.ts';
import { datasetOf, type TableRow } from '../../local-cloud/bigquery/load.ts';
import { expectedUsage } from '../../local-cloud/telemetry/expected.ts';
import { REGIONS } from '../../local-cloud/telemetry/scenario.ts';
import { DEMO_METRICS } from '../../local-cloud/telemetry/sources.ts';
import { generateTelemetry } from '../../local-cloud/telemetry/telemetry.ts';
import { type WholeReading, wholeReading } from '../../usage/reading.ts';
import { PROJECT, SERVERS, type StartedServer } from './servers.ts';

const PERIOD = billingPeriod('2026-10');
const DAY = utcDay('2026-10-12');
const telemetry = generateTelemetry(PERIOD);
const expected = expectedUsage(PERIOD, telemetry).filter(({ metric }) => metric === 'data_gb');

/** Tables with one fault each, under a region of that name. */
const FAULTS: Readonly<Record<string, readonly Partial<TableRow>[]>> = {
  'negative-usage': [{ bytes: -5 }],
  'no-project': [{ project: null }],
  'null-usage': [{ bytes: null }],
  'null-beside-usage': [{}, { bytes: null, windowStart: '2026-10-12T06:00:00.000Z' }],
  'no-day': [{}, { day: null, windowStart: '2026-10-12T06:00:00.000Z' }],
  'stream-behind': [{ ingestedAt: '2026-10-12T20:00:00.000Z' }],
  'never-streamed': [],
  'nothing-used': [{ day: '2026-10-13', windowStart: '2026-10-13T00:00:00.000Z' }],
};

function faultyRows(region: string): TableRow[] {
  return (FAULTS[region] ?? []).map((row) => ({
    day: DAY,
    region,
    project: 'some-project',
    windowStart: '2026-10-12T00:00:00.000Z',
    bytes: 1_000_000_000,
    ingestedAt: '2026-10-13T00:10:00.000Z',
    ...row,
  }));
}

const datasets = new Map<string, readonly TableRow[]>([
  ...REGIONS.map((region) => [datasetOf(region), telemetry.transfers.filter((row) => row.region === region)] as const),
  ...Object.keys(FAULTS).map((region) => [datasetOf(region), faultyRows(region)] as const),
]);

const source: BigQuerySource = {
  ...bigQuerySourceSchema.parse(DEMO_METRICS.find(({ key }) => key === 'data_gb')?.source),
  regions: Object.fromEntries(
    [...REGIONS, ...Object.keys(FAULTS)].map((region) => [region, { location: 'US', dataset: datasetOf(region) }]),
  ),
};

describe.each(SERVERS)('usage of a month, read from $name', ({ start, repeatedJobs, everyNthDay }) => {
  let server: StartedServer;
  beforeAll(async () => {
    server = await start(datasets);
  }, 120_000);
  afterAll(async () => {
    if (server.kind === 'started') await server.stop();
  });

  async function read(
    context: TestContext,
    region: string,
    day = DAY,
    over: Partial<BigQuerySource> = {},
  ): Promise<WholeReading> {
    if (server.kind === 'missing') return context.skip(server.why);
    const connect = bigQueryConnection({ projectId: PROJECT, apiEndpoint: server.url, timeoutMs: 30_000 });
    const reader = bigQueryReader({
      effects: systemEffects(),
      connect,
      projectId: PROJECT,
      sourceKey: context.task.id,
      source: { ...server.adapt(source, region), ...over },
      snapshotAt: new Date('2026-11-02T00:00:00.000Z'),
    });
    return wholeReading((keep) => reader.read(region, day, keep));
  }

  test('promise 5: data of every project, region and day equals what the rows give by brute force', {
    timeout: 300_000,
  }, async (context) => {
    const rows: string[] = [];
    const days = daysOf(periodDays(PERIOD)).filter((_, index) => index % everyNthDay === 0);
    for (const region of REGIONS) {
      for (const day of days) {
        const reading = await read(context, region, day);
        if (reading.kind === 'incomplete') throw new Error(reading.detail);
        for (const { project, quantity } of reading.rows) rows.push(`${day} ${region} ${project} ${quantity}`);
      }
    }
    const wanted = expected
      .filter(({ day }) => days.some((one) => one === day))
      .map(({ day, region, project, quantity }) => `${day} ${region} ${project} ${quantity}`);
    expect(rows.sort()).toEqual(wanted.sort());
  });

  test('a retry takes the result of the job that is there', async (context) => {
    const first = await read(context, 'us-central1');
    if (repeatedJobs !== undefined) context.skip(repeatedJobs);
    const second = await read(context, 'us-central1');
    expect(first.kind).toBe('complete');
    expect(second).toEqual(first);
  });

  test.for([
    ['negative-usage', 'negative_value'],
    ['no-project', 'missing_label'],
    ['null-usage', 'null_value'],
    ['null-beside-usage', 'row_count_mismatch'],
    ['no-day', 'null_value'],
    ['stream-behind', 'stale_source'],
    ['never-streamed', 'no_data'],
  ] as const)('promise 3: %s is incomplete, with the reason %s', async ([region, reason], context) => {
    expect(await read(context, region)).toMatchObject({ kind: 'incomplete', reason });
  });

  test('promise 3: no rows of a day that the stream has passed are a proven zero', async (context) => {
    expect(await read(context, 'nothing-used')).toMatchObject({ kind: 'complete', rows: [] });
  });

  test('a query with an error is a named error', async (context) => {
    const reading = await read(context, 'us-central1', DAY, { query: 'SELECT nothing FROM nowhere' });
    expect(reading).toMatchObject({ kind: 'incomplete', reason: 'source_error' });
  });
});
