import { afterAll, beforeAll, describe, expect, type TestContext, test } from 'vitest';
import { billingPeriod, periodDays } from '../../../shared/calendar/billing-period.ts';
import { daysOf, startOf } from '../../../shared/calendar/utc-day.ts';
import { systemEffects } from '../../../shared/effects/system.ts';
import { Exact } from '../../../shared/exact/exact.ts';
import { prometheusQuery } from '../../../shared/sources/prometheus/client.ts';
import { type PrometheusReader, prometheusReader } from '../../../shared/sources/prometheus/reader.ts';
import { prometheusSourceSchema } from '../../../shared/sources/prometheus/source.ts';
import { scaled } from '../../scale.ts';
import { type WholeReading, wholeReading } from '../../usage/reading.ts';
import { countedTenths, monthOfCounters } from './counters.ts';
import { SERVERS, type StartedServer } from './servers.ts';

const INTERVAL_SECONDS = scaled(3_600, 900);
const SERIES = 2_000;
const DAYS = periodDays(billingPeriod('2026-10'));

const series = monthOfCounters(SERIES, INTERVAL_SECONDS * 1_000);
const counted = countedTenths(series);

const source = prometheusSourceSchema.parse({
  kind: 'prometheus',
  endpoint: 'test',
  selector: 'work_total{job="worker"}',
  aggregation: 'counter',
  scrapeIntervalSeconds: INTERVAL_SECONDS,
  staleAfterSeconds: 2 * INTERVAL_SECONDS,
  lookbackSeconds: 2 * 3_600,
  // Silences are among the lives: the target proves that it was scraped meanwhile.
  minimumCoveragePercent: 1,
  upSelector: 'up{job="worker"}',
});

describe.each(SERVERS)(`a month of ${SERIES} counters, read from $name`, ({ start }) => {
  let server: StartedServer;
  beforeAll(async () => {
    server = await start(series);
  }, 900_000);
  afterAll(async () => {
    if (server.kind === 'started') await server.stop();
  });

  /** In parts of 700 series: three of them. */
  function reader(context: TestContext): PrometheusReader {
    if (server.kind === 'missing') context.skip(server.why);
    const url = server.kind === 'started' ? server.url : '';
    const limits = { url, timeoutMs: 60_000, maximumBodyBytes: 64 * 1024 * 1024 };
    return prometheusReader(prometheusQuery(systemEffects(), limits), source, {
      series: 700,
      patternCharacters: 16_000,
    });
  }

  test('promises 5 and 7: each series’ usage of each day equals the raw samples exactly, and the days add up to the month’s own difference', {
    timeout: 900_000,
  }, async (context) => {
    const whole = reader(context);
    const sums = new Map<string, bigint>();
    for (const day of daysOf(DAYS)) {
      const reading = await wholeReading((keep) => whole.read('r1', day, keep));
      const wanted = counted.get(day) ?? new Map();
      // Ranges of Prometheus 2 are closed: a last sample in the millisecond before the day gives the day a row of zero.
      const tenths = new Map(
        [...tenthsOf(reading)].filter(([project, amount]) => amount !== 0n || wanted.has(project)),
      );
      expect(tenths, day).toEqual(wanted);
      for (const [project, amount] of tenths) sums.set(project, (sums.get(project) ?? 0n) + amount);
    }
    expect(sums.size).toBe(SERIES);
    const month = await wholeReading((keep) => whole.readWindow('r1', startOf(DAYS.from), startOf(DAYS.to), keep));
    expect(tenthsOf(month)).toEqual(sums);
    expect(month.evidence.facts).toMatchObject({ series: SERIES, parts: 3 });
  });
});

/** Project → tenths. Throws when a figure is not a whole number of them. */
function tenthsOf(reading: WholeReading): Map<string, bigint> {
  if (reading.kind === 'incomplete') throw new Error(`${reading.reason}: ${reading.detail}`);
  const ten = Exact.parse('10');
  return new Map(
    reading.rows.map(({ project, quantity }) => [project, BigInt(Exact.parse(quantity).multiply(ten).toString())]),
  );
}
