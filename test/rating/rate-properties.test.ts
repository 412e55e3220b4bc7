import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { minorUnitExponent, minorUnitsToExact } from '../../shared/exact/currency.ts';
import { Exact } from '../../shared/exact/exact.ts';
import { rate } from '../../shared/rating/rate.ts';
import { rollUp, type UsageQuantity } from '../../shared/rating/roll-up.ts';
import { usageDigest } from '../../shared/rating/usage-digest.ts';
import { planOf, planWith, rateDocument, ratedOrThrow, type TierRow, usageOf } from './rating-plan.ts';

const price = fc.integer({ min: 0, max: 10_000_000 }).map((n) => Exact.ofScaled(BigInt(n), 5).toString());
const quantity = fc
  .bigInt(0n, 10n ** 12n)
  .chain((n) => fc.integer({ min: 0, max: 9 }).map((scale) => Exact.ofScaled(n, scale)));
const bounds = fc
  .uniqueArray(fc.integer({ min: 1, max: 1_000_000 }), { maxLength: 19 })
  .map((all) => all.sort((a, b) => a - b));

const tiers = fc.record({ bounds, flats: fc.boolean() }).chain(({ bounds: upTo, flats }) =>
  fc.tuple(
    ...[...upTo, null].map((bound) =>
      fc.tuple(price, price).map(([unit, flat]): TierRow => {
        return flats ? [bound === null ? null : `${bound}`, unit, flat] : [bound === null ? null : `${bound}`, unit];
      }),
    ),
  ),
);

function exactOf(formula: string, rows: readonly TierRow[], u: Exact): Exact {
  const plan = planOf(formula, { rates: { r: rateDocument(rows) } });
  return ratedOrThrow(rate(plan, usageOf({ u: u.toString() }))).lines[0]?.exact ?? Exact.of(-1n);
}

describe('properties of rating', () => {
  it('graduated has no jump but the flats: beyond a bound each unit costs the price of the next tier', () => {
    fc.assert(
      fc.property(tiers, fc.nat(), fc.integer({ min: 1, max: 30 }), (rows, choice, places) => {
        const index = choice % rows.length;
        const bound = rows[index]?.[0];
        const next = rows[index + 1];
        if (bound === undefined || bound === null || next === undefined) return;
        const step = Exact.ofScaled(1n, places);
        const difference = exactOf('graduated(u, r)', rows, Exact.parse(bound).add(step)).subtract(
          exactOf('graduated(u, r)', rows, Exact.parse(bound)),
        );
        expect(difference).toEqual(step.multiply(Exact.parse(next[1])).add(Exact.parse(next[2] ?? '0')));
      }),
      { numRuns: 300 },
    );
  });

  it('graduated never costs less for more', () => {
    fc.assert(
      fc.property(tiers, quantity, quantity, (rows, a, b) => {
        expect(exactOf('graduated(u, r)', rows, a.add(b)).compare(exactOf('graduated(u, r)', rows, a))).not.toBe(-1);
      }),
      { numRuns: 300 },
    );
  });

  it('in one open tier graduated, volume and a product are the same', () => {
    fc.assert(
      fc.property(price, quantity, (unit, u) => {
        const rows: TierRow[] = [[null, unit]];
        expect(exactOf('graduated(u, r)', rows, u)).toEqual(u.multiply(Exact.parse(unit)));
        expect(exactOf('volume(u, r)', rows, u)).toEqual(u.multiply(Exact.parse(unit)));
      }),
      { numRuns: 200 },
    );
  });

  it('promise 14: each line is within half a minor unit of its exact amount, and its details add up to it', () => {
    const half = Exact.parse('0.5');
    fc.assert(
      fc.property(tiers, quantity, fc.constantFrom('usd', 'jpy', 'kwd'), (rows, u, currency) => {
        const lines = [
          'graduated(u, r)',
          'volume(u, r)',
          'u / 7',
          'graduated(u, r) + volume(u, r) - u / 3',
          'package(u, 12, 0.999)',
        ].map((formula, index) => {
          return { key: `line_${index}`, label: 'L', formula, allowNegative: true };
        });
        const rating = ratedOrThrow(
          rate(planWith({ currency, rates: { r: rateDocument(rows) }, lines }), usageOf({ u: u.toString() })),
        );
        for (const { exact, amount, details } of rating.lines) {
          const unit = Exact.of(10n ** BigInt(minorUnitExponent(rating.currency)));
          const error = exact.subtract(minorUnitsToExact(amount, rating.currency)).abs().multiply(unit);
          expect(error.compare(half)).not.toBe(1);
          if (details.length === 0) continue;
          expect(details.reduce((sum, detail) => sum + detail.amount, 0n)).toBe(amount);
          expect(details.reduce((sum, detail) => sum.add(detail.exact), Exact.zero)).toEqual(exact);
        }
        expect(rating.lines.reduce((sum, { amount }) => sum + amount, 0n)).toBe(rating.total);
      }),
      { numRuns: 300 },
    );
  });

  it('the details of a line add up to what its formula gives', () => {
    const formulas = [
      'graduated(u, r)',
      '-(volume(u, r) - v) + package(u, 3, 2)',
      'u > 500 ? graduated(u, r) - v : v * 2 + volume(v, r)',
    ];
    fc.assert(
      fc.property(tiers, quantity, quantity, fc.constantFrom(...formulas), (rows, u, v, formula) => {
        const plan = planOf(formula, { rates: { r: rateDocument(rows) } }, { allowNegative: true });
        const inputs = { metrics: [u, v], periodDays: Exact.one, activeDays: Exact.one, subtotal: Exact.zero };
        const [line] = plan.lines;
        expect(line?.details?.(inputs).reduce((sum, part) => sum.add(part.exact), Exact.zero)).toEqual(
          line?.evaluate(inputs),
        );
      }),
      { numRuns: 300 },
    );
  });
});

describe('properties of usage and rating together', () => {
  const segment = { from: utcDay('2026-10-01'), to: utcDay('2026-11-01') };
  const metrics = new Map([
    ['u', { rollup: 'sum', divisor: Exact.of(3600n) }] as const,
    ['v', { rollup: 'sum', divisor: Exact.one }] as const,
  ]);
  const plan = planWith({
    rates: {
      r: rateDocument([
        ['10', '3'],
        [null, '1'],
      ]),
    },
    lines: [{ key: 'a', label: 'A', formula: 'graduated(u, r)', quantity: 'u' }],
  });
  const row = fc.record({
    day: fc.integer({ min: 1, max: 31 }).map((day) => utcDay(`2026-10-${String(day).padStart(2, '0')}`)),
    project: fc.constantFrom('p1', 'p2', 'p3'),
    region: fc.constantFrom('eu', 'us'),
    metric: fc.constantFrom('u', 'v'),
    quantity,
  });

  function rated(rows: readonly UsageQuantity[]): unknown {
    const { totals } = rollUp(rows, metrics, segment);
    return rate(plan, { totals, projects: new Map(), activeDays: 31, periodDays: 31 });
  }

  it("promise 5: splitting usage over projects, regions or days does not change a customer's sum line", () => {
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), fc.array(row, { minLength: 1, maxLength: 4 }), (rows, places) => {
        const parts = Exact.of(BigInt(places.length));
        const split = rows.flatMap((each) =>
          places.map(({ day, project, region }) => ({
            ...each,
            day,
            project,
            region,
            quantity: each.quantity.divide(parts),
          })),
        );
        expect(rated(split)).toEqual(rated(rows));
      }),
      { numRuns: 200 },
    );
  });

  it('promise 13: the order of rows changes nothing, neither the figures nor their digest', () => {
    fc.assert(
      fc.property(
        fc
          .array(row, { maxLength: 40 })
          .chain((rows) => fc.tuple(fc.constant(rows), fc.shuffledSubarray(rows, { minLength: rows.length }))),
        ([rows, shuffled]) => {
          expect(rated(shuffled)).toEqual(rated(rows));
          const digestOf = (each: readonly UsageQuantity[]) =>
            usageDigest({ ...rollUp(each, metrics, segment), activeDays: 31, periodDays: 31 });
          expect(digestOf(shuffled)).toBe(digestOf(rows));
        },
      ),
      { numRuns: 200 },
    );
  });
});
