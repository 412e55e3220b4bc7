import { describe, expect, test } from 'vitest';
import type { BigQueryFault, PlannedFault } from '../local-cloud/bigquery/server.ts';
import { readDay, row, SOURCE, serve } from './fixture.ts';

describe('promise 3: a fault of BigQuery is a named reason, and the next attempt is whole', () => {
  const cases: readonly (readonly [PlannedFault['call'], BigQueryFault, string])[] = [
    ['insert', 'dropped', 'source_unreachable'],
    ['insert', 'dropped_after', 'source_unreachable'],
    ['insert', 'unavailable', 'source_error'],
    ['insert', 'job_error', 'source_error'],
    ['insert', 'slow', 'source_timeout'],
    ['results', 'dropped', 'source_unreachable'],
    ['results', 'unavailable', 'source_error'],
    ['results', 'truncated', 'malformed_response'],
    ['results', 'slow', 'source_timeout'],
    ['results', 'repeated_row', 'row_count_mismatch'],
  ];
  test.each(cases)('%s, %s: %s', async (call, fault, reason) => {
    const { server, url } = await serve([row(), row({ project: 'p2' })]);
    for (const skip of [0, 1]) {
      server.fail({ call, fault, skip, requests: 1 });
      const settings = {
        snapshotAt: new Date(Date.UTC(2026, 9, 13, 2, skip)),
        timeoutMs: fault === 'slow' ? 500 : 10_000,
      };
      expect(await readDay(url, settings), `call ${skip}`).toMatchObject({ kind: 'incomplete', reason });
      server.mend();
      expect(await readDay(url, { ...settings, timeoutMs: 10_000 })).toMatchObject({
        kind: 'complete',
        rows: [{}, {}],
      });
    }
  });

  test('an answer that was lost starts no second job', async () => {
    const { server, url } = await serve([row()]);
    server.failNext('insert', 'dropped_after');
    await readDay(url);
    await readDay(url);
    expect(server.jobIds()).toHaveLength(2);
  });

  test('a job that failed is stepped over, not asked again', async () => {
    const { server, url } = await serve([row()]);
    server.failNext('insert', 'job_error');
    await readDay(url);
    expect(await readDay(url)).toMatchObject({ kind: 'complete' });
    expect(server.jobIds().filter((id) => id.includes('_rows'))).toEqual([
      expect.stringMatching(/_rows$/),
      expect.stringMatching(/_rows_1$/),
    ]);
  });

  test('nothing listens: source_unreachable', async () => {
    expect(await readDay('http://127.0.0.1:9')).toMatchObject({ kind: 'incomplete', reason: 'source_unreachable' });
  });
});

describe('promise 3: a fault of the data is a named reason, never a smaller number', () => {
  const ungrouped = `SELECT project, CAST(bytes AS NUMERIC) AS quantity, 1 AS row_count
    FROM \`gateway_transfers\` FOR SYSTEM_TIME AS OF @snapshot WHERE day = @day AND region = @region`;
  const approximate = SOURCE.query
    .replace('SUM(CAST(bytes AS NUMERIC))', 'SUM(CAST(bytes AS FLOAT64))')
    .replace(" * NUMERIC '0.000000001'", '');
  const written = (quantity: string) => ({ query: SOURCE.query.replace(/SUM\(.*'0.000000001'/, `'${quantity}'`) });

  test.each([
    ['a project that comes twice', { query: ungrouped }, 'duplicate_row'],
    ['an approximate quantity', { query: approximate }, 'malformed_response'],
    ['a quantity written as NaN', written('NaN'), 'not_a_number'],
    ['a quantity written as inf', written('inf'), 'not_a_number'],
    ['a quantity of text', written('many'), 'malformed_response'],
    ['a quantity with an exponent bomb', written('1e400'), 'malformed_response'],
    ['no column of that name', { query: SOURCE.query.replace('AS quantity', 'AS amount') }, 'malformed_response'],
    [
      'other totals than the control query',
      { query: SOURCE.query.replace("'0.000000001'", "'0.000000002'") },
      'row_count_mismatch',
    ],
    ['more bytes than the limit', { maximumBytesBilled: '1000' }, 'bytes_limit_exceeded'],
    ['a query that BigQuery refuses', { query: 'SELECT FROM' }, 'source_error'],
  ])('%s', async (_name, source, reason) => {
    const { url } = await serve([row(), row({ windowStart: '2026-10-12T12:00:00.000Z' })]);
    expect(await readDay(url, { source })).toMatchObject({ kind: 'incomplete', reason });
  });

  test.each<[string, readonly Parameters<typeof row>[0][], string]>([
    [
      'late streaming rows: the newest arrived before the day ended',
      [{ ingestedAt: '2026-10-12T20:00:00.000Z' }],
      'stale_source',
    ],
    [
      'NULL partition time: a row without a day, beside one with',
      [{}, { day: null, windowStart: '2026-10-12T06:00:00.000Z' }],
      'null_value',
    ],
    [
      'a NULL quantity beside others, which a sum passes over',
      [{}, { bytes: null, windowStart: '2026-10-12T06:00:00.000Z' }],
      'row_count_mismatch',
    ],
    ['a negative quantity', [{ bytes: -5 }], 'negative_value'],
    ['a row without a project', [{ project: null }], 'missing_label'],
    ['an empty table', [], 'no_data'],
  ])('%s: %s', async (_name, rows, reason) => {
    const { url } = await serve(rows.map((over) => row(over)));
    expect(await readDay(url)).toMatchObject({ kind: 'incomplete', reason });
  });

  test('late streaming rows: what arrives after the snapshot is in the next reading, not in this one’s repeat', async () => {
    const { url } = await serve([row(), row({ project: 'late', ingestedAt: '2026-10-13T05:00:00.000Z' })]);
    const first = await readDay(url);
    expect(first).toMatchObject({ kind: 'complete', rows: [{ project: 'p1' }] });
    expect(await readDay(url)).toEqual(first);
    const later = await readDay(url, { snapshotAt: new Date('2026-10-13T06:00:00.000Z') });
    expect(later).toMatchObject({ kind: 'complete', rows: [{ project: 'late' }, { project: 'p1' }] });
  });

  test('duplicate rows across pages of a result: duplicate_row', async () => {
    const { url } = await serve([row(), row({ windowStart: '2026-10-12T12:00:00.000Z' })], { pageRows: 1 });
    expect(await readDay(url, { source: { query: ungrouped } })).toMatchObject({
      kind: 'incomplete',
      reason: 'duplicate_row',
    });
  });

  test('a snapshot from before the rows have settled is refused without a query: stale_source', async () => {
    const { server, url } = await serve([row()]);
    const snapshotAt = new Date('2026-10-13T00:59:59.999Z');
    expect(await readDay(url, { snapshotAt })).toMatchObject({ kind: 'incomplete', reason: 'stale_source' });
    expect(server.jobIds()).toEqual([]);
  });

  test('a region without a dataset: no_data', async () => {
    const { url } = await serve([row()]);
    expect(await readDay(url, { region: 'r2' })).toMatchObject({ kind: 'incomplete', reason: 'no_data' });
  });

  test('a quote in a parameter is data, not SQL', async () => {
    const { url } = await serve([row()]);
    const region = "r1' OR 'a' = 'a";
    const source = { regions: { [region]: { location: 'US', dataset: 'telemetry' } } };
    expect(await readDay(url, { region, source })).toMatchObject({ kind: 'incomplete', reason: 'no_data' });
  });
});
