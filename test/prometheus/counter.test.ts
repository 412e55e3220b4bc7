import { describe, expect, test } from 'vitest';
import { hourly, read, series, UP } from './fixture.ts';

const rows = (quantity: string) => ({ kind: 'complete', rows: [{ project: 'p1', quantity }] });

describe('a day of a counter', () => {
  test('from 100 before midnight to 340 at the end: 240', async () => {
    expect(await read([UP, series([[-0.5, 100], ...hourly(0, 24, (hour) => 110 + 10 * hour)])])).toMatchObject(
      rows('240'),
    );
  });

  test('a sample at midnight itself belongs to the day that begins', async () => {
    const points = [[-1, 100], [0, 105], ...hourly(0, 24, () => 130)] as const;
    expect(await read([UP, series(points)])).toMatchObject(rows('30'));
  });

  test('a sample in the last millisecond before midnight belongs to the day that ends', async () => {
    const points = [[-1, 100], [-1 / 3_600_000, 105], ...hourly(0, 24, () => 130)] as const;
    expect(await read([UP, series(points)])).toMatchObject(rows('25'));
  });

  test('two restarts: 50 to 60, from 0 to 30, from 0 to 7: 10 + 30 + 7', async () => {
    const points = hourly(-1, 24, (hour) => (hour < 0 ? 50 : hour < 8 ? 60 : hour < 16 ? 30 : 7));
    expect(await read([UP, series(points)])).toMatchObject(rows('47'));
  });

  test('a restart at midnight that passes the old value is found: 100, then 5 to 150: 150', async () => {
    expect(
      await read([
        UP,
        series(
          [[-0.5, 100], ...hourly(0, 24, (hour) => 5 + (145 * hour) / 23)].map(([at, value]) => [
            at ?? 0,
            Math.floor(value ?? 0),
          ]),
        ),
      ]),
    ).toMatchObject(rows('150'));
  });

  test('a new series has counted its first value since it started', async () => {
    expect(await read([UP, series(hourly(6, 24, (hour) => 10 + hour))])).toMatchObject(rows('33'));
  });

  test('a series that vanished counts to its last sample', async () => {
    const reading = await read([UP, series(hourly(-1, 10, (hour) => 100 + hour))]);
    expect(reading).toMatchObject(rows('10'));
    expect(reading.evidence.facts).toMatchObject({ vanishedProjects: ['p1'] });
  });

  test('a series that comes back after days goes on from its old value', async () => {
    const points = [[-60, 1_000], ...hourly(6, 24, () => 1_004)] as const;
    expect(await read([UP, series(points)])).toMatchObject(rows('4'));
  });

  test('a series that comes back after days and has restarted counts from 0', async () => {
    const points = [[-60, 1_000], ...hourly(6, 24, () => 400)] as const;
    expect(await read([UP, series(points)])).toMatchObject(rows('400'));
  });

  test('a series that is longer away than the history is new', async () => {
    const points = [[-60, 1_000], ...hourly(6, 24, () => 1_004)] as const;
    expect(await read([UP, series(points)], { historySeconds: 86_400 })).toMatchObject(rows('1004'));
  });

  test('series of one project are added, projects apart', async () => {
    const all = [
      series(hourly(-1, 24, (hour) => 100 + hour)),
      series(
        hourly(-1, 24, (hour) => 100 + 2 * hour),
        { instance: 'i2' },
      ),
      series(
        hourly(-1, 24, () => 7),
        { project: 'p2' },
      ),
    ];
    expect(await read([UP, ...all])).toMatchObject({
      kind: 'complete',
      rows: [
        { project: 'p1', quantity: '72' },
        { project: 'p2', quantity: '0' },
      ],
    });
  });

  test('fractions and exponents are taken as written: 0.1 + 0.2 is 0.3, and 1e+21 is whole', async () => {
    const tenths = { ...series(hourly(-1, 24, (hour) => (hour < 0 ? 1 : 4))), decimals: 1 };
    const huge = series(
      hourly(-1, 24, (hour) => (hour < 0 ? 0 : 1e21)),
      { project: 'p2' },
    );
    expect(await read([UP, tenths, huge])).toMatchObject({
      rows: [
        { project: 'p1', quantity: '0.3' },
        { project: 'p2', quantity: '1000000000000000000000' },
      ],
    });
  });

  test('a label value cannot break out of its quotes', async () => {
    const project = 'p"} or vector(1) #\\\n.*';
    const restarted = series(
      hourly(-1, 24, (hour) => (hour < 5 ? 10 : 3)),
      { project },
    );
    const other = series(hourly(-1, 24, () => 10));
    expect(await read([UP, restarted, other])).toMatchObject({
      rows: [
        { project, quantity: '3' },
        { project: 'p1', quantity: '0' },
      ],
    });
  });
});
