import { describe, expect, it } from 'vitest';
import { currency, formatMinorUnits } from '../../shared/exact/currency.ts';
import { rate } from '../../shared/rating/rate.ts';
import { planOf, rateDocument, ratedOrThrow, type TierRow, usageOf } from './rating-plan.ts';

const STEPS: TierRow[] = [
  ['5', '7'],
  ['10', '6.5'],
  [null, '6'],
];
const WITH_FLATS: TierRow[] = [
  ['10', '10', '2'],
  ['20', '5', '3'],
  [null, '5', '3'],
];
const CLIFF: TierRow[] = [
  ['5', '0', '100'],
  ['10', '0', '150'],
  ['15', '10'],
  [null, '5'],
];

function total(formula: string, tiers: readonly TierRow[], quantity: string, flatAtZero = false): string {
  const plan = planOf(formula, { rates: { r: rateDocument(tiers, flatAtZero) } });
  return formatMinorUnits(ratedOrThrow(rate(plan, usageOf({ u: quantity }))).total, currency('usd'));
}

describe('graduated and volume', () => {
  it.each([
    ['volume of 5 in tiers 5@7, 10@6.5, ∞@6: 5 × 7 = 35', 'volume(u, r)', STEPS, '5', '35.00'],
    ['volume of 6: all in the second tier: 6 × 6.5 = 39', 'volume(u, r)', STEPS, '6', '39.00'],
    ['volume of 20: all in the open tier: 20 × 6 = 120', 'volume(u, r)', STEPS, '20', '120.00'],
    [
      'volume of 5.000001: just above the bound: 5.000001 × 6.5 = 32.5000065',
      'volume(u, r)',
      STEPS,
      '5.000001',
      '32.50',
    ],
    ['graduated 5 in tiers 5@7, 10@6.5, ∞@6: 5 × 7 = 35', 'graduated(u, r)', STEPS, '5', '35.00'],
    ['graduated 6: 35 + 1 × 6.5 = 41.50', 'graduated(u, r)', STEPS, '6', '41.50'],
    ['graduated 20: 35 + 5 × 6.5 + 10 × 6 = 127.50', 'graduated(u, r)', STEPS, '20', '127.50'],
    ['graduated 25: 35 + 32.5 + 15 × 6 = 157.50', 'graduated(u, r)', STEPS, '25', '157.50'],
    ['graduated 1 in tiers 10@10+2, 20@5+3, ∞@5+3: 1 × 10 + 2 = 12', 'graduated(u, r)', WITH_FLATS, '1', '12.00'],
    ['graduated 10: 10 × 10 + 2 = 102', 'graduated(u, r)', WITH_FLATS, '10', '102.00'],
    ['graduated 11: 102 + 1 × 5 + 3 = 110', 'graduated(u, r)', WITH_FLATS, '11', '110.00'],
    ['graduated 12: 102 + 2 × 5 + 3 = 115', 'graduated(u, r)', WITH_FLATS, '12', '115.00'],
    ['graduated 20: 102 + 10 × 5 + 3 = 155', 'graduated(u, r)', WITH_FLATS, '20', '155.00'],
    ['graduated 21: 155 + 1 × 5 + 3 = 163', 'graduated(u, r)', WITH_FLATS, '21', '163.00'],
    ['volume of 3 in ≤5 flat 100, ≤10 flat 150, ≤15@10, ∞@5: 100', 'volume(u, r)', CLIFF, '3', '100.00'],
    ['volume of 14: 14 × 10 = 140', 'volume(u, r)', CLIFF, '14', '140.00'],
    ['volume of 15: 15 × 10 = 150', 'volume(u, r)', CLIFF, '15', '150.00'],
    ['volume of 16, over the cliff: 16 × 5 = 80', 'volume(u, r)', CLIFF, '16', '80.00'],
  ])('%s', (_arithmetic, formula, tiers, quantity, wanted) => {
    expect(total(formula, tiers, quantity)).toBe(wanted);
  });

  it.each(['graduated(u, r)', 'volume(u, r)'])('%s of 0 owes the first flat only with flatAtZero', (formula) => {
    expect(total(formula, WITH_FLATS, '0')).toBe('0.00');
    expect(total(formula, WITH_FLATS, '0', true)).toBe('2.00');
    expect(total(formula, WITH_FLATS, '0.000001', true)).toBe(total(formula, WITH_FLATS, '0.000001'));
  });
});

describe('package', () => {
  it.each([
    ['0 units are 0 packages', '0', '0.00'],
    ['10 of 10 is 1 package: 1 × 3 = 3', '10', '3.00'],
    ['10.0001 of 10 are 2 packages: 2 × 3 = 6', '10.0001', '6.00'],
    ['0.0001 of 10 is 1 begun package: 3', '0.0001', '3.00'],
    ['100 of 10 are 10 packages: 30', '100', '30.00'],
  ])('%s', (_arithmetic, quantity, wanted) => {
    const plan = planOf('package(u, 10, 3)');
    expect(formatMinorUnits(ratedOrThrow(rate(plan, usageOf({ u: quantity }))).total, currency('usd'))).toBe(wanted);
  });
});

describe('operators and functions', () => {
  it.each([
    ['0.067 × 55 = 3.685 → 3.69', '0.067 * u', '55', '3.69'],
    ['min(7, 5, 6) = 5', 'min(7, u, 6)', '5', '5.00'],
    ['max(7, 5, 6) = 7', 'max(7, u, 6)', '5', '7.00'],
    ['ceil(2.0001) = 3', 'ceil(u)', '2.0001', '3.00'],
    ['floor(2.9999) = 2', 'floor(u)', '2.9999', '2.00'],
    ['abs(1 − 3) = 2', 'abs(u - 3)', '1', '2.00'],
    ['clamp(1, 2, 5) = 2', 'clamp(u, 2, 5)', '1', '2.00'],
    ['clamp(9, 2, 5) = 5', 'clamp(u, 2, 5)', '9', '5.00'],
    ['clamp(4, 5, 2): the lower bound wins: 5', 'clamp(u, 5, 2)', '4', '5.00'],
    ['1 / 3 × 3 = 1, without loss', '1 / u * 3', '3', '1.00'],
    ['0.1 + 0.2 = 0.3: equal', '0.1 + 0.2 == 0.3 ? 1 : 2', '0', '1.00'],
    ['and stops at the first false: no division by 0', 'u > 0 and 1 / u > 2 ? 1 : 2', '0', '2.00'],
    ['or stops at the first true: no division by 0', 'u == 0 or 1 / u > 2 ? 1 : 2', '0', '1.00'],
    ['only the chosen branch is evaluated', 'u > 0 ? 1 / u : 4', '0', '4.00'],
    ['not (2 > 1) is false', 'not (u > 1) ? 1 : 2', '2', '2.00'],
    [
      '2 <= 2, 2 >= 2, not 2 < 2, not 2 > 2',
      'u <= 2 and u >= 2 and not (u < 2) and not (u > 2) and not (u != 2) ? 1 : 2',
      '2',
      '1.00',
    ],
  ])('%s', (_arithmetic, formula, quantity, wanted) => {
    expect(formatMinorUnits(ratedOrThrow(rate(planOf(formula), usageOf({ u: quantity }))).total, currency('usd'))).toBe(
      wanted,
    );
  });

  it('1023.5 jpy is 1024 jpy', () => {
    expect(ratedOrThrow(rate(planOf('u', { currency: 'jpy' }), usageOf({ u: '1023.5' }))).total).toBe(1024n);
  });
});
