import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { billingPeriod } from '../../../shared/calendar/billing-period.ts';
import { utcDay } from '../../../shared/calendar/utc-day.ts';
import { systemEffects } from '../../../shared/effects/system.ts';
import { prometheusQuery, type QueryAnswer } from '../../../shared/sources/prometheus/client.ts';
import { prometheusReader } from '../../../shared/sources/prometheus/reader.ts';
import { prometheusSourceSchema } from '../../../shared/sources/prometheus/source.ts';
import { DEMO_METRICS } from '../../local-cloud/telemetry/sources.ts';
import { type GeneratedSeries, generateTelemetry } from '../../local-cloud/telemetry/telemetry.ts';
import { type StartedServer, startReal, startStandIn } from './servers.ts';

/** Days with two restarts, a restart at midnight, a replaced process, a silence and a return. */
const DAYS = [
  ['us-central1', '2026-10-06'],
  ['europe-west1', '2026-10-18'],
  ['us-central1', '2026-10-14'],
  ['europe-west1', '2026-10-08'],
  ['europe-west1', '2026-10-10'],
] as const;

const period = billingPeriod('2026-10');
const series = generateTelemetry(period)
  .series.filter(({ labels }) => labels.region !== 'asia-northeast1')
  .map((one) => between(one, Date.parse('2026-10-05'), Date.parse('2026-10-19')));

function between(one: GeneratedSeries, from: number, to: number): GeneratedSeries {
  const kept = one.instants.flatMap((instant, index) => (from <= instant && instant < to ? [index] : []));
  return {
    ...one,
    instants: kept.map((index) => one.instants[index] ?? 0),
    values: kept.map((index) => one.values[index] ?? 0),
  };
}

describe('the stand-in and a real Prometheus', () => {
  let real: StartedServer;
  let standIn: StartedServer;
  beforeAll(async () => {
    [real, standIn] = [await startReal(series), await startStandIn(series)];
  }, 300_000);
  afterAll(async () => {
    for (const server of [real, standIn]) if (server.kind === 'started') await server.stop();
  });

  test('give the same answer to every query of a reading', { timeout: 120_000 }, async (context) => {
    if (real.kind === 'missing') context.skip(real.why);
    if (real.kind === 'missing' || standIn.kind === 'missing') return;
    const limits = { timeoutMs: 30_000, maximumBodyBytes: 64 * 1024 * 1024 };
    const askReal = prometheusQuery(systemEffects(), { url: real.url, ...limits });
    const askStandIn = prometheusQuery(systemEffects(), { url: standIn.url, ...limits });
    let compared = 0;
    const both = async (text: string, atMs: number): Promise<QueryAnswer> => {
      const [ofReal, ofStandIn] = [await askReal(text, atMs), await askStandIn(text, atMs)];
      compared += 1;
      expect(comparable(ofStandIn), text).toEqual(comparable(ofReal));
      return ofReal;
    };
    for (const { source } of DEMO_METRICS) {
      if (source.kind !== 'prometheus') continue;
      const reader = prometheusReader(both, prometheusSourceSchema.parse(source));
      for (const [region, day] of DAYS)
        expect((await reader.read(region, utcDay(day), async () => undefined)).kind).toBe('complete');
    }
    for (const second of [0, 119.999, 120, 299.999, 300, 300.001]) {
      await both(
        'api_requests_total{project="quanta-fraud-scoring",region="europe-west1"}',
        Date.parse('2026-10-18') + second * 1_000,
      );
    }
    expect(compared).toBeGreaterThan(100);
  });
});

/** Series in one order. Sums of many doubles may differ in the last digit, so twelve digits are compared. */
function comparable(answer: QueryAnswer): unknown {
  if (answer.kind === 'incomplete') return answer;
  const result = answer.result.map((one) => {
    const labels = Object.entries(one.metric).sort(([a], [b]) => (a < b ? -1 : 1));
    const samples = 'value' in one ? [one.value[0], Number(one.value[1]).toPrecision(12)] : one.values;
    return [JSON.stringify(labels), samples] as const;
  });
  return { kind: answer.kind, result: result.sort(([a], [b]) => (a < b ? -1 : 1)) };
}
