import { describe, expect, test } from 'vitest';
import { systemEffects } from '../../shared/effects/system.ts';
import { prometheusQuery, type QueryAnswer } from '../../shared/sources/prometheus/client.ts';
import type { PartLimits } from '../../shared/sources/prometheus/parts.ts';
import { prometheusReader } from '../../shared/sources/prometheus/reader.ts';
import { prometheusSourceSchema } from '../../shared/sources/prometheus/source.ts';
import type { StoredSeries } from '../local-cloud/prometheus/evaluate.ts';
import { type WholeReading, wholeReading } from '../usage/reading.ts';
import { DAY, hourly, SOURCE, series, serve, UP } from './fixture.ts';

const AGGREGATIONS = ['counter', 'max', 'last', 'integral'] as const;
const SMALL: PartLimits = { series: 4, patternCharacters: 1_000 };

/** 20 projects of one to three series: some restart, some vanish, some are new. */
const projects: readonly StoredSeries[] = Array.from({ length: 20 }, (_, index) =>
  Array.from({ length: 1 + (index % 3) }, (_unused, instance) =>
    series(
      hourly(index % 5 === 4 ? 7 : -1, index % 7 === 6 ? 15 : 24, (hour) => (hour < index ? 100 + hour : hour)),
      { project: `p${index}.*|x`, instance: `i${instance}` },
    ),
  ),
).flat();

type Change = (text: string, answer: QueryAnswer) => QueryAnswer;

function readParts(
  url: string,
  limits: PartLimits,
  over: object = {},
  change: Change = (_, answer) => answer,
): Promise<WholeReading> {
  const source = prometheusSourceSchema.parse({ ...SOURCE, ...over });
  const ask = prometheusQuery(systemEffects(), { url, timeoutMs: 5_000, maximumBodyBytes: 1_000_000 });
  const reader = prometheusReader(async (text, atMs) => change(text, await ask(text, atMs)), source, limits);
  return wholeReading((keep) => reader.read('r1', DAY, keep));
}

describe('a day that is read in parts', () => {
  test.each(AGGREGATIONS)('%s: has the same rows and counts as when it is read at once', async (aggregation) => {
    const { url } = await serve(UP, ...projects);
    const whole = await readParts(url, { series: 1_000, patternCharacters: 1_000 }, { aggregation });
    const parts = await readParts(url, SMALL, { aggregation });
    if (whole.kind === 'incomplete' || parts.kind === 'incomplete') throw new Error('incomplete');
    expect(parts.rows).toEqual(whole.rows);
    expect(whole.rows).toHaveLength(20);
    expect(parts.evidence.facts).toEqual({ ...whole.evidence.facts, parts: 13 });
    // The evidence does not grow with the parts.
    expect(parts.evidence.queries.length).toBeLessThanOrEqual(whole.evidence.queries.length + 2);
  });

  test('a part is bounded by the length of its pattern too', async () => {
    const { url } = await serve(UP, ...projects);
    const lengths: number[] = [];
    await readParts(url, { series: 1_000, patternCharacters: 40 }, {}, (text, answer) => {
      lengths.push(text.length);
      return answer;
    });
    expect(Math.max(...lengths)).toBeLessThan(200);
  });

  test('promise 3: a series that is lost between the count and the part is a named reason, never a smaller number', async () => {
    const { url } = await serve(UP, ...projects);
    const losing: Change = (text, answer) =>
      text.startsWith('resets(') && text.includes('p7') && answer.kind === 'vector'
        ? { ...answer, result: answer.result.slice(1) }
        : answer;
    expect(await readParts(url, SMALL, {}, losing)).toMatchObject({
      kind: 'incomplete',
      reason: 'row_count_mismatch',
      detail: expect.stringMatching(/series of the projects .* were counted, but .* came/),
    });
  });

  test('promise 3: a project that is lost when the series are counted by project is a named reason', async () => {
    const { url } = await serve(UP, ...projects);
    const losing: Change = (text, answer) =>
      text.startsWith('count by') && answer.kind === 'vector' ? { ...answer, result: answer.result.slice(1) } : answer;
    expect(await readParts(url, SMALL, {}, losing)).toMatchObject({
      kind: 'incomplete',
      reason: 'row_count_mismatch',
      detail: expect.stringMatching(/there are 39 series, but \d+ when they are counted by project/),
    });
  });

  test('an outage is judged over all parts: series that span the day in one part are enough for all', async () => {
    const spanning = series(
      hourly(-1, 24, (hour) => hour + 1),
      { project: 'z' },
    );
    const short = Array.from({ length: 9 }, (_, index) =>
      series(
        hourly(2, 9, (hour) => hour),
        { project: `a${index}` },
      ),
    );
    const { url } = await serve(spanning, ...short);
    expect(await readParts(url, SMALL, { upSelector: undefined })).toMatchObject({ kind: 'complete' });
    const { url: without } = await serve(...short);
    const reading = await readParts(without, SMALL, { upSelector: undefined });
    expect(reading).toMatchObject({ kind: 'incomplete', reason: 'stale_source' });
  });
});

describe('a part of a day', () => {
  test('is read up to an instant, for a provisional figure', async () => {
    const { url } = await serve(UP, series(hourly(-1, 24, (hour) => 100 + hour)));
    const source = prometheusSourceSchema.parse(SOURCE);
    const ask = prometheusQuery(systemEffects(), { url, timeoutMs: 5_000, maximumBodyBytes: 1_000_000 });
    const noon = new Date(`${DAY}T12:00:00Z`);
    const reading = await wholeReading((keep) => prometheusReader(ask, source).read('r1', DAY, keep, noon));
    expect(reading).toMatchObject({ kind: 'complete', rows: [{ project: 'p1', quantity: '12' }] });
  });
});
