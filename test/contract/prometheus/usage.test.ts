import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { billingPeriod, periodDays } from '../../../shared/calendar/billing-period.ts';
import { daysOf, startOf } from '../../../shared/calendar/utc-day.ts';
import { systemEffects } from '../../../shared/effects/system.ts';
import { Exact } from '../../../shared/exact/exact.ts';
import { type PrometheusQuery, prometheusQuery } from '../../../shared/sources/prometheus/client.ts';
import { prometheusReader } from '../../../shared/sources/prometheus/reader.ts';
import { type PrometheusSource, prometheusSourceSchema } from '../../../shared/sources/prometheus/source.ts';
import { expectedUsage } from '../../local-cloud/telemetry/expected.ts';
import { REGIONS } from '../../local-cloud/telemetry/scenario.ts';
import { DEMO_METRICS } from '../../local-cloud/telemetry/sources.ts';
import { generateTelemetry } from '../../local-cloud/telemetry/telemetry.ts';
import { type WholeReading, wholeReading } from '../../usage/reading.ts';
import { SERVERS, type StartedServer } from './servers.ts';

const PERIOD = billingPeriod('2026-10');
const telemetry = generateTelemetry(PERIOD);
const expected = expectedUsage(PERIOD, telemetry);
const sources = DEMO_METRICS.flatMap(({ key, source }) =>
  source.kind === 'prometheus' ? [{ key, source: prometheusSourceSchema.parse(source) }] : [],
);

describe.each(SERVERS)('usage of a month, read from $name', ({ start }) => {
  let server: StartedServer;
  beforeAll(async () => {
    server = await start(telemetry.series);
  }, 300_000);
  afterAll(async () => {
    if (server.kind === 'started') await server.stop();
  });

  function ask(context: TestContext): PrometheusQuery {
    if (server.kind === 'missing') context.skip(server.why);
    const url = server.kind === 'started' ? server.url : '';
    return prometheusQuery(systemEffects(), { url, timeoutMs: 30_000, maximumBodyBytes: 64 * 1024 * 1024 });
  }

  test.for(sources)(
    'promise 5: $key of every project, region and day equals what the raw samples give by brute force',
    { timeout: 300_000 },
    async ({ key, source }, context) => {
      const reader = prometheusReader(ask(context), source);
      const rows: string[] = [];
      for (const region of REGIONS) {
        for (const day of daysOf(periodDays(PERIOD))) {
          const reading = await wholeReading((keep) => reader.read(region, day, keep));
          for (const { project, quantity } of rowsOf(reading)) rows.push(`${day} ${region} ${project} ${quantity}`);
        }
      }
      const wanted = expected
        .filter(({ metric }) => metric === key)
        .map(({ day, region, project, quantity }) => `${day} ${region} ${project} ${quantity}`);
      expect(rows.sort()).toEqual(wanted.sort());
    },
  );

  test('promise 7: the days of a counter add up to the difference over the whole month', {
    timeout: 120_000,
  }, async (context) => {
    const reader = prometheusReader(ask(context), counterSource());
    const days = periodDays(PERIOD);
    for (const region of REGIONS) {
      const month = await wholeReading((keep) => reader.readWindow(region, startOf(days.from), startOf(days.to), keep));
      const byDay = totals(expected.filter((row) => row.metric === 'requests' && row.region === region));
      expect(totals(rowsOf(month))).toEqual(byDay);
    }
  });

  test('a day is the sum of its hours, restarts and silences included', { timeout: 120_000 }, async (context) => {
    const reader = prometheusReader(ask(context), { ...counterSource(), minimumCoveragePercent: 1 });
    for (const [region, day] of [
      ['us-central1', '2026-10-06'],
      ['europe-west1', '2026-10-18'],
    ] as const) {
      const begin = Date.parse(day);
      const hours: { project: string; quantity: string }[] = [];
      for (let hour = 0; hour < 24; hour += 1) {
        const from = new Date(begin + hour * 3_600_000);
        const to = new Date(from.getTime() + 3_600_000);
        hours.push(...rowsOf(await wholeReading((keep) => reader.readWindow(region, from, to, keep))));
      }
      const wanted = expected.filter((row) => row.metric === 'requests' && row.region === region && row.day === day);
      expect(totals(hours)).toEqual(totals(wanted));
    }
  });

  test('a day without any data is incomplete, not zero', async (context) => {
    const reader = prometheusReader(ask(context), counterSource());
    const reading = await wholeReading((keep) =>
      reader.readWindow('us-central1', new Date('2026-08-01'), new Date('2026-08-02'), keep),
    );
    expect(reading).toMatchObject({ kind: 'incomplete', reason: 'no_data' });
  });

  test('a region with targets that were scraped but no series is a proven zero', async (context) => {
    const source = { ...counterSource(), selector: 'api_requests_total{job="gateway",project="nobody"}' };
    const reader = prometheusReader(ask(context), source);
    const reading = await wholeReading((keep) =>
      reader.readWindow('us-central1', new Date('2026-10-05'), new Date('2026-10-06'), keep),
    );
    expect(reading).toMatchObject({ kind: 'complete', rows: [] });
  });

  test('a query that the server refuses is a named error', async (context) => {
    const answer = await ask(context)('no_such_function(up[5m])', Date.parse('2026-10-05'));
    expect(answer).toMatchObject({
      kind: 'incomplete',
      reason: 'source_error',
      detail: expect.stringContaining('unknown function'),
    });
  });
});

function counterSource(): PrometheusSource {
  const found = sources.find(({ key }) => key === 'requests');
  if (found === undefined) throw new Error('the demo has no metric called requests');
  return found.source;
}

function rowsOf(reading: WholeReading): readonly { project: string; quantity: string }[] {
  if (reading.kind === 'incomplete') throw new Error(`${reading.reason}: ${reading.detail}`);
  return reading.rows;
}

/** Project → exact total, without projects that used nothing. */
function totals(rows: readonly { project: string; quantity: string }[]): Record<string, string> {
  const sums = new Map<string, Exact>();
  for (const { project, quantity } of rows) {
    const amount = Exact.parse(quantity);
    if (!amount.isZero()) sums.set(project, (sums.get(project) ?? Exact.zero).add(amount));
  }
  return Object.fromEntries([...sums].map(([project, sum]) => [project, sum.toString()]));
}
