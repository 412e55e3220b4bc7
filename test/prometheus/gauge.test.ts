import { describe, expect, test } from 'vitest';
import { hourly, read, series, UP } from './fixture.ts';

const rows = (quantity: string) => ({ kind: 'complete', rows: [{ project: 'p1', quantity }] });

describe('a day of a gauge', () => {
  test('max: the highest sample, and not the one just before midnight', async () => {
    const points = [[-1 / 3_600_000, 900], ...hourly(0, 24, (hour) => hour)] as const;
    expect(await read([UP, series(points)], { aggregation: 'max' })).toMatchObject(rows('23'));
  });

  test('max: the highest over all series of a project, not their sum', async () => {
    const all = [
      series(hourly(-1, 24, () => 5)),
      series(
        hourly(-1, 24, () => 8),
        { instance: 'i2' },
      ),
    ];
    expect(await read([UP, ...all], { aggregation: 'max' })).toMatchObject(rows('8'));
  });

  test('last: the last sample of each series is added', async () => {
    const all = [
      series(hourly(-1, 24, (hour) => hour + 1)),
      series(
        hourly(-1, 24, () => 8),
        { instance: 'i2' },
      ),
    ];
    expect(await read([UP, ...all], { aggregation: 'last' })).toMatchObject(rows('32'));
  });

  test('last: a series that was replaced during the day is left out', async () => {
    const all = [
      series(hourly(-1, 12, () => 5)),
      series(
        hourly(12, 24, () => 6),
        { instance: 'i2' },
      ),
    ];
    expect(await read([UP, ...all], { aggregation: 'last' })).toMatchObject(rows('6'));
  });

  test('integral: 2 carried in for half an hour, then 4 for 23.5 hours: 342,000 value-seconds', async () => {
    const points = hourly(-1, 24, (hour) => (hour < 0 ? 2 : 4));
    expect(await read([UP, series(points)], { aggregation: 'integral' })).toMatchObject(rows('342000'));
  });

  test('integral: the last sample of a series that vanished holds for staleAfterSeconds, no longer', async () => {
    const points = hourly(6, 12, () => 1);
    expect(await read([UP, series(points)], { aggregation: 'integral' })).toMatchObject(
      rows(String(5 * 3_600 + 7_200)),
    );
  });

  test('integral: scaled exactly, 3 bytes for a day are 0.0002592 GB·s', async () => {
    const points = hourly(-1, 24, () => 3);
    const over = { aggregation: 'integral', scale: '0.000000001' };
    expect(await read([UP, series(points)], over)).toMatchObject(rows('0.0002592'));
  });
});
