import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addDays,
  compareDays,
  daysBetween,
  daysOf,
  intersectRanges,
  parseUtcDay,
  rangeContains,
  startOf,
  utcDay,
  utcDayOf,
} from '../../shared/calendar/utc-day.ts';

const day = fc.integer({ min: 0, max: 2_900_000 }).map((offset) => addDays(utcDay('2000-01-01'), offset));

describe('UtcDay', () => {
  it.each(['2026-10-31', '2024-02-29', '2000-02-29', '0001-01-01', '9999-12-31'])('takes %s', (text) => {
    expect(parseUtcDay(text)).toBe(text);
  });

  it.each([
    '2026-02-29',
    '1900-02-29',
    '2026-13-01',
    '2026-00-10',
    '2026-04-31',
    '2026-1-1',
    '2026-10-31T00:00:00Z',
    '0000-01-01',
    '+010000-01-01',
    '',
    ' 2026-10-31',
    '２026-10-31',
    '2026-10-32',
  ])('refuses "%s"', (text) => {
    expect(parseUtcDay(text)).toBeUndefined();
    expect(() => utcDay(text)).toThrow(RangeError);
  });

  it('begins at UTC midnight, and the millisecond before is the day before', () => {
    const start = startOf(utcDay('2026-03-01'));
    expect(start.toISOString()).toBe('2026-03-01T00:00:00.000Z');
    expect(utcDayOf(start)).toBe('2026-03-01');
    expect(utcDayOf(new Date(start.getTime() - 1))).toBe('2026-02-28');
  });

  it.each([
    ['2024-02-28', 1, '2024-02-29'],
    ['2026-02-28', 1, '2026-03-01'],
    ['2026-12-31', 1, '2027-01-01'],
    ['2026-03-01', -1, '2026-02-28'],
    ['2026-10-25', 1, '2026-10-26'],
  ])('%s plus %i days is %s', (from, days, to) => {
    expect(addDays(utcDay(from), days)).toBe(to);
  });

  it('refuses days beyond year 9999', () => {
    expect(() => addDays(utcDay('9999-12-31'), 1)).toThrow(RangeError);
  });

  it('adds what it counts', () => {
    fc.assert(
      fc.property(day, day, (a, b) => addDays(a, daysBetween(a, b)) === b && daysBetween(a, b) === -daysBetween(b, a)),
    );
  });

  it('promise 7: the days of a range tile it, and two parts of a range tile the whole', () => {
    const [from, middle, to] = [utcDay('2026-01-30'), utcDay('2026-02-14'), utcDay('2026-03-02')];
    const days = daysOf({ from, to });
    expect(days).toHaveLength(31);
    expect([...daysOf({ from, to: middle }), ...daysOf({ from: middle, to })]).toEqual(days);
    expect(days.every((each) => rangeContains({ from, to }, each))).toBe(true);
    expect(rangeContains({ from, to }, to)).toBe(false);
    expect(daysOf({ from: to, to: from })).toEqual([]);
  });

  it('orders days as their text', () => {
    fc.assert(fc.property(day, day, (a, b) => compareDays(a, b) === Math.sign(daysBetween(b, a))));
  });

  it('intersects ranges, and finds nothing common in ranges that only touch', () => {
    const range = (from: string, to: string) => ({ from: utcDay(from), to: utcDay(to) });
    expect(intersectRanges(range('2026-10-01', '2026-11-01'), range('2026-10-15', '2026-12-01'))).toEqual(
      range('2026-10-15', '2026-11-01'),
    );
    expect(intersectRanges(range('2026-10-01', '2026-10-15'), range('2026-10-15', '2026-11-01'))).toBeUndefined();
  });
});
