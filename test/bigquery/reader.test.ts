import { describe, expect, test } from 'vitest';
import { systemEffects } from '../../shared/effects/system.ts';
import { bigQuerySourceSchema } from '../../shared/sources/bigquery/source.ts';
import { DAY, readDay, row, SETTLED, SOURCE, serve } from './fixture.ts';

describe('a day from BigQuery', () => {
  test('1.5 GB and 0.000000001 GB are 1.500000001 GB, exactly', async () => {
    const { url } = await serve([row(), row({ bytes: 1, windowStart: '2026-10-12T12:00:00.000Z' })]);
    expect(await readDay(url)).toMatchObject({ kind: 'complete', rows: [{ project: 'p1', quantity: '1.500000001' }] });
  });

  test('a result in many pages, not ready at first, is read whole', async () => {
    const rows = Array.from({ length: 25 }, (_, index) => row({ project: `p${String(index).padStart(2, '0')}` }));
    const { url } = await serve(rows, { pageRows: 4, polls: 3 });
    const reading = await readDay(url);
    expect(reading.kind === 'complete' && reading.rows.map(({ project }) => project)).toEqual(
      rows.map(({ project }) => project),
    );
  });

  test('the tables are read as of the snapshot: what arrives later is not in it', async () => {
    const late = row({ project: 'late', ingestedAt: '2026-10-13T05:00:00.000Z' });
    const { url } = await serve([row(), late]);
    const before = await readDay(url);
    const after = await readDay(url, { snapshotAt: new Date('2026-10-13T06:00:00.000Z') });
    expect(before.kind === 'complete' && before.rows.map(({ project }) => project)).toEqual(['p1']);
    expect(after.kind === 'complete' && after.rows.map(({ project }) => project)).toEqual(['late', 'p1']);
  });

  test('promise 13: the same question has the same jobs, and reading again starts none', async () => {
    const { server, url } = await serve([row()]);
    const first = await readDay(url);
    const jobs = server.jobIds();
    expect(await readDay(url)).toEqual(first);
    expect(server.jobIds()).toEqual(jobs);
    expect(jobs).toEqual([
      expect.stringMatching(/^daybook_2026-10-12_[0-9a-f]{32}_rows$/),
      expect.stringMatching(/^daybook_2026-10-12_[0-9a-f]{32}_control$/),
    ]);
    await readDay(url, { snapshotAt: new Date(SETTLED.getTime() + 1) });
    await readDay(url, { source: { settleSeconds: 1 } });
    expect(new Set(server.jobIds()).size).toBe(6);
  });

  test('the evidence names queries, parameters, jobs and totals', async () => {
    const { url } = await serve([row()]);
    const { evidence } = await readDay(url);
    expect(evidence.queries.map(({ text }) => text)).toEqual([SOURCE.query, SOURCE.controlQuery]);
    expect(evidence.queries[0]?.parameters).toMatchObject({ day: DAY, region: 'r1', snapshot: SETTLED.toISOString() });
    expect(evidence.facts).toMatchObject({ rowCount: '1', controlTotal: '1.5', watermark: '2026-10-13T00:10:00.000Z' });
  });

  test('every call passes the seam, and what the seam throws is not taken for a fault of BigQuery', async () => {
    const { url } = await serve([row()]);
    const names: string[] = [];
    const effects = systemEffects();
    await readDay(url, {
      effects: { ...effects, perform: (effect, run) => run().finally(() => names.push(effect.name)) },
    });
    expect(names).toEqual([
      'bigquery POST /jobs',
      'bigquery GET /queries',
      'bigquery POST /jobs',
      'bigquery GET /queries',
    ]);
    const crash = readDay(url, { effects: { ...effects, perform: () => Promise.reject(new Error('crashed here')) } });
    await expect(crash).rejects.toThrow('crashed here');
  });
});

describe('the configuration of a source', () => {
  test.each([
    [
      'a query that is not limited to the day',
      { query: 'SELECT 1 FROM `t` FOR SYSTEM_TIME AS OF @snapshot WHERE region = @region' },
    ],
    ['a query without a snapshot', { query: 'SELECT 1 FROM `t` WHERE region = @region AND day = @day' }],
    ['a byte limit that is no number', { maximumBytesBilled: '10 GB' }],
    ['a dataset with a quote', { regions: { r1: { location: 'US', dataset: 'x`y' } } }],
    ['an unknown setting', { extra: true }],
  ])('%s is refused', (_name, over) => {
    expect(bigQuerySourceSchema.safeParse({ ...SOURCE, ...over }).success).toBe(false);
  });
});
