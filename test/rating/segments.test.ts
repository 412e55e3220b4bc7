import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { billingPeriod } from '../../shared/calendar/billing-period.ts';
import { addDays, daysOf, type UtcDay, utcDay } from '../../shared/calendar/utc-day.ts';
import { segmentsOf } from '../../shared/rating/segments.ts';

const october = billingPeriod('2026-10');

function split(...contracts: readonly [string, string | null][]): unknown {
  const terms = contracts.map(([from, to]) => ({ from: utcDay(from), to: to === null ? null : utcDay(to) }));
  const outcome = segmentsOf(terms, october);
  return outcome.kind === 'refused'
    ? outcome.reason
    : outcome.segments.map(({ from, to, activeDays, periodDays }) => [from, to, activeDays, periodDays]);
}

describe('segmentsOf', () => {
  it('gives one segment of the whole period to a contract that runs through it', () => {
    expect(split(['2026-01-01', null])).toEqual([['2026-10-01', '2026-11-01', 31, 31]]);
  });

  it('splits the period where the plan changes: 14 + 17 = 31 days', () => {
    expect(split(['2026-10-15', null], ['2026-01-01', '2026-10-15'])).toEqual([
      ['2026-10-01', '2026-10-15', 14, 31],
      ['2026-10-15', '2026-11-01', 17, 31],
    ]);
  });

  it('leaves days without a contract in no segment', () => {
    expect(split(['2026-09-01', '2026-10-03'], ['2026-10-30', '2026-12-01'])).toEqual([
      ['2026-10-01', '2026-10-03', 2, 31],
      ['2026-10-30', '2026-11-01', 2, 31],
    ]);
  });

  it('has no segment for contracts that only touch the period', () => {
    expect(split(['2026-01-01', '2026-10-01'], ['2026-11-01', null])).toEqual([]);
    expect(split()).toEqual([]);
  });

  it('refuses contracts that overlap by a day', () => {
    expect(split(['2026-01-01', '2026-10-16'], ['2026-10-15', null])).toBe('overlapping_contracts');
    expect(split(['2026-01-01', null], ['2026-10-31', null])).toBe('overlapping_contracts');
  });

  it('keeps the contract with its segment', () => {
    const contract = { from: utcDay('2026-10-10'), to: null, id: 'c1' };
    expect(segmentsOf([contract], october)).toMatchObject({ segments: [{ contract: { id: 'c1' } }] });
  });

  it('promise 7: contracts that follow each other tile the period, each day in exactly one segment', () => {
    const cuts = fc
      .uniqueArray(fc.integer({ min: -40, max: 70 }), { minLength: 1, maxLength: 12 })
      .map((all) => all.sort((a, b) => a - b));
    fc.assert(
      fc.property(cuts, (offsets) => {
        const starts = offsets.map((offset) => addDays(utcDay('2026-10-01'), offset));
        const contracts = starts.map((from, index): { from: UtcDay; to: UtcDay | null } => ({
          from,
          to: starts[index + 1] ?? null,
        }));
        const outcome = segmentsOf(contracts.toReversed(), october);
        const days = outcome.kind === 'split' ? outcome.segments.flatMap((segment) => daysOf(segment)) : [];
        const wanted = daysOf({ from: utcDay('2026-10-01'), to: utcDay('2026-11-01') }).filter(
          (day) => day >= (starts[0] ?? ''),
        );
        expect(days).toEqual(wanted);
        expect(outcome.kind === 'split' && outcome.segments.reduce((sum, { activeDays }) => sum + activeDays, 0)).toBe(
          wanted.length,
        );
      }),
    );
  });
});
