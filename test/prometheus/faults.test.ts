import { createServer } from 'node:http';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemEffects } from '../../shared/effects/system.ts';
import { prometheusQuery } from '../../shared/sources/prometheus/client.ts';
import type { StoredSeries } from '../local-cloud/prometheus/evaluate.ts';
import type { PrometheusFault } from '../local-cloud/prometheus/server.ts';
import { DAY, hourly, read, readDay, series, serve, UP } from './fixture.ts';

const AGGREGATIONS = ['counter', 'max', 'last', 'integral'] as const;
/** With a sample in the last millisecond before midnight, so that every query has an answer. */
const sound = series([...hourly(-1, 0, () => 99), [-1 / 3_600_000, 99], ...hourly(0, 24, (hour) => 100 + hour)]);

/** The first samples alone. */
function cut(one: StoredSeries, samples: number): StoredSeries {
  return { ...one, instants: one.instants.slice(0, samples), values: one.values.slice(0, samples) };
}

describe('promise 3: a fault of the server is a named reason, never a smaller number', () => {
  const cases: readonly (readonly [PrometheusFault, string])[] = [
    ['dropped', 'source_unreachable'],
    ['unavailable', 'source_error'],
    ['error', 'source_error'],
    ['warning', 'source_warning'],
    ['truncated', 'malformed_response'],
    ['nan', 'not_a_number'],
    ['infinite', 'not_a_number'],
    ['negative', 'negative_value'],
    ['repeated', 'duplicate_row'],
  ];
  test.each(AGGREGATIONS.flatMap((aggregation) => cases.map((one) => [aggregation, ...one] as const)))(
    '%s, %s at any of its queries: %s',
    async (aggregation, fault, reason) => {
      const { server, url } = await serve(UP, sound);
      const whole = await readDay(url, { aggregation });
      expect(whole.kind).toBe('complete');
      for (let query = 0; query < whole.evidence.queries.length; query += 1) {
        server.mend();
        server.fail({ fault, skip: query, requests: 1 });
        expect(await readDay(url, { aggregation }), `query ${query}`).toMatchObject({ kind: 'incomplete', reason });
      }
      server.mend();
      expect(await readDay(url, { aggregation })).toEqual(whole);
    },
  );

  test.each(AGGREGATIONS)(
    '%s, an empty answer to any of its queries: a named reason, or the same rows from the others',
    async (aggregation) => {
      const { server, url } = await serve(UP, sound);
      const whole = await readDay(url, { aggregation });
      if (whole.kind === 'incomplete') throw new Error(whole.detail);
      let named = 0;
      for (let query = 0; query < whole.evidence.queries.length; query += 1) {
        server.mend();
        server.fail({ fault: 'empty', skip: query, requests: 1 });
        const reading = await readDay(url, { aggregation });
        if (reading.kind === 'incomplete') named += 1;
        else expect(reading.rows, `query ${query}`).toEqual(whole.rows);
      }
      expect(named).toBeGreaterThanOrEqual(6);
    },
  );

  test('timeout after a partial body: source_timeout', async () => {
    const { server, url } = await serve(UP, sound);
    server.fail({ fault: 'stalled' });
    expect(await readDay(url, {}, 300)).toMatchObject({ kind: 'incomplete', reason: 'source_timeout' });
  });

  test('no answer in time: source_timeout', async () => {
    const { server, url } = await serve(UP, sound);
    server.fail({ fault: 'slow' });
    expect(await readDay(url, {}, 200)).toMatchObject({ kind: 'incomplete', reason: 'source_timeout' });
  });

  test('nothing listens: source_unreachable', async () => {
    const { server, url } = await serve(UP, sound);
    server.server.closeAllConnections();
    await new Promise((resolve) => server.server.close(resolve));
    onTestFinished(async () => {
      await server.listen();
    });
    expect(await readDay(url)).toMatchObject({ kind: 'incomplete', reason: 'source_unreachable' });
  });
});

describe('promise 3: a fault of the data is a named reason, never a smaller number', () => {
  const nanInside = series(hourly(-1, 24, (hour) => (hour === 9 ? Number.NaN : 100)));
  const negativeInside = series(hourly(-1, 24, (hour) => (hour === 9 ? -4 : 100)));
  const negativeAtFirst = series(hourly(3, 24, (hour) => (hour === 3 ? -4 : 100)));
  const cases: readonly (readonly [string, readonly StoredSeries[], string])[] = [
    ['NaN between sound samples', [UP, nanInside], 'not_a_number'],
    ['a negative between sound samples', [UP, negativeInside], 'negative_value'],
    ['a negative at the start of a new series', [UP, negativeAtFirst], 'negative_value'],
    [
      'a series without a project',
      [
        UP,
        sound,
        series(
          hourly(-1, 24, () => 1),
          { project: '' },
        ),
      ],
      'missing_label',
    ],
    ['two series with the same labels', [UP, sound, sound], 'duplicate_row'],
    [
      'eight hours without a scrape',
      [UP, series(hourly(-1, 24, (hour) => hour + 1).filter(([at]) => at < 8 || at > 16))],
      'scrape_gap',
    ],
    ['a source that fell silent before the end', [cut(UP, 23), cut(sound, 24)], 'stale_source'],
    [
      'a target that did not answer',
      [{ ...UP, values: UP.values.map((_, index) => (index > 9 ? 0 : 1)) }, sound],
      'scrape_gap',
    ],
    [
      'a Prometheus that was down for half of the day',
      [{ ...UP, instants: UP.instants.slice(13), values: UP.values.slice(13) }, sound],
      'scrape_gap',
    ],
    ['no target at all', [sound], 'no_data'],
  ];
  test.each(AGGREGATIONS.flatMap((aggregation) => cases.map((one) => [aggregation, ...one] as const)))(
    '%s, %s',
    async (aggregation, _name, all, reason) => {
      expect(await read(all, { aggregation })).toMatchObject({ kind: 'incomplete', reason });
    },
  );

  test('no series and nothing that proves that nothing was used: no_data', async () => {
    expect(await read([], { upSelector: undefined })).toMatchObject({ kind: 'incomplete', reason: 'no_data' });
  });

  test('no series while the targets answered: a proven zero', async () => {
    expect(await read([UP])).toMatchObject({ kind: 'complete', rows: [] });
  });

  test('series that ended before the end, and no upSelector: stale_source', async () => {
    const reading = await read([cut(sound, 20)], { upSelector: undefined });
    expect(reading).toMatchObject({ kind: 'incomplete', reason: 'stale_source' });
  });

  test('only series that came and went, and no upSelector: an outage cannot be excluded', async () => {
    const all = [
      series(hourly(-1, 12, () => 5)),
      series(
        hourly(12, 24, () => 6),
        { instance: 'i2' },
      ),
    ];
    expect(await read(all, { upSelector: undefined })).toMatchObject({ kind: 'incomplete', reason: 'scrape_gap' });
  });

  test('a detail says what was seen and what to do', async () => {
    const reading = await read([UP, nanInside]);
    expect(reading).toMatchObject({
      detail: expect.stringMatching(/^series \{.*project="p1".*\}: a sample is NaN; correct/),
    });
  });
});

test('every query passes the seam, and what the seam throws is not taken for a fault of Prometheus', async () => {
  const { url } = await serve(UP, sound);
  const effects = systemEffects();
  const limits = { url, timeoutMs: 2_000, maximumBodyBytes: 1_000 };
  const names: string[] = [];
  const seen = prometheusQuery(
    { ...effects, perform: (effect, run) => run().finally(() => names.push(effect.name)) },
    limits,
  );
  await seen('up', Date.parse(DAY));
  expect(names).toEqual(['prometheus POST /api/v1/query']);
  const crashing = prometheusQuery({ ...effects, perform: () => Promise.reject(new Error('crashed here')) }, limits);
  await expect(crashing('up', Date.parse(DAY))).rejects.toThrow('crashed here');
});

describe('an answer that is not one', () => {
  async function answerWith(status: number, body: string): Promise<unknown> {
    const server = createServer((_, response) => response.writeHead(status).end(body));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const url = `http://127.0.0.1:${address.port}`;
    return prometheusQuery(systemEffects(), { url, timeoutMs: 2_000, maximumBodyBytes: 1_000 })('up', Date.parse(DAY));
  }

  test.each([
    ['an empty body', 200, '', 'malformed_response'],
    ['HTML', 200, '<html>login</html>', 'malformed_response'],
    [
      'JSON of another shape',
      200,
      '{"status":"success","data":{"resultType":"scalar","result":[1,"1"]}}',
      'malformed_response',
    ],
    [
      'a native histogram',
      200,
      '{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"histogram":[1,{}]}]}}',
      'malformed_response',
    ],
    [
      'an error with another status',
      200,
      '{"status":"error","errorType":"timeout","error":"query timed out"}',
      'source_error',
    ],
    ['no rights', 403, 'forbidden', 'source_error'],
    ['a body over the limit', 200, ' '.repeat(1_001), 'response_too_large'],
  ])('%s', async (_name, status, body, reason) => {
    expect(await answerWith(status, body)).toMatchObject({ kind: 'incomplete', reason });
  });
});
