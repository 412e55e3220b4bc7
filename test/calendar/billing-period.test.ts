import { describe, expect, it } from 'vitest';
import {
  billingPeriod,
  nextPeriod,
  parseBillingPeriod,
  periodDays,
  periodLength,
  periodOf,
  previousPeriod,
} from '../../shared/calendar/billing-period.ts';
import { daysOf } from '../../shared/calendar/utc-day.ts';

describe('BillingPeriod', () => {
  it.each(['2026-00', '2026-13', '2026-1', '2026-10-01', '0000-01', '', '26-10', '２026-10'])(
    'refuses "%s"',
    (text) => {
      expect(parseBillingPeriod(text)).toBeUndefined();
      expect(() => billingPeriod(text)).toThrow(RangeError);
    },
  );

  it.each([
    ['2026-02', 28],
    ['2024-02', 29],
    ['2026-04', 30],
    ['2026-12', 31],
  ])('%s has %i days', (text, length) => {
    expect(periodLength(billingPeriod(text))).toBe(length);
  });

  it('promise 7: periods tile time, across year ends and leap years', () => {
    let period = billingPeriod('2023-11');
    for (let month = 0; month < 60; month += 1) {
      const next = nextPeriod(period);
      expect(periodDays(period).to).toBe(periodDays(next).from);
      expect(previousPeriod(next)).toBe(period);
      expect(new Set(daysOf(periodDays(period)).map(periodOf))).toEqual(new Set([period]));
      period = next;
    }
    expect(period).toBe('2028-11');
  });
});
