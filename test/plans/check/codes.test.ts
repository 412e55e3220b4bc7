import { describe, expect, it } from 'vitest';
import { DIAGNOSTIC_CODES } from '../../../shared/plans/check/codes.ts';
import { findingsOf } from './plan-fixture.ts';

describe('the table of codes', () => {
  it('says in one sentence what each code means, with an example', () => {
    for (const [code, { meaning, example }] of Object.entries(DIAGNOSTIC_CODES)) {
      expect(code).toMatch(/^[a-z-]+$/);
      expect(meaning).toMatch(/^[A-Z].*\.$/);
      expect(example.length).toBeGreaterThan(3);
    }
  });

  it('what could not be proved is a warning, what was shown to stop a rating is an error', () => {
    for (const [code, { severity }] of Object.entries(DIAGNOSTIC_CODES)) {
      if (code.endsWith('_unproven')) expect(severity).toBe('warning');
    }
    for (const code of [
      'may-be-negative',
      'division-by-zero',
      'negative-quantity',
      'package-size-not-positive',
    ] as const) {
      expect(DIAGNOSTIC_CODES[code].severity).toBe('error');
    }
  });
});

/** Milliseconds; a few seconds on an idle machine. */
const HARD_TIMEOUT = 240_000;

/** Formulas that are as hard as the limits on their text allow. */
function repeated(times: number, part: (index: number) => string, separator: string): string {
  return Array.from({ length: times }, (_, index) => part(index + 1)).join(separator);
}

function nested(times: number, innermost: string, wrap: (inner: string) => string): string {
  return Array.from({ length: times }).reduce<string>((inner) => wrap(inner), innermost);
}

describe('promise 22: the check of a formula ends as well', () => {
  it.each([
    ['thirty nested abs', `${nested(30, 'gb', (inner) => `abs(${inner} - included)`)} * price`],
    ['thirty nested min', `${nested(30, 'gb', (inner) => `min(${inner}, max(other_gb, included))`)} * price`],
    [
      'thirty nested min, evaluated',
      `${nested(30, 'gb', (inner) => `min(${inner}, max(other_gb, included))`)} * price - fee`,
    ],
    ['forty differences of maxima', repeated(40, (index) => `max(0, gb - included * ${index}) * price`, ' - ')],
    ['sixty volumes', repeated(60, () => 'volume(gb, cliff)', ' + ')],
    [
      'thirty conditions',
      `${repeated(30, (index) => `(gb > included * ${index} or other_gb < included)`, ' and ')} ? fee : 0`,
    ],
  ])('%s', { timeout: HARD_TIMEOUT }, (_, formula) => {
    const found = findingsOf([{ formula }]);
    expect(found.filter(({ severity, code }) => severity === 'error' && code !== 'may-be-negative')).toEqual([]);
  });

  it.each([
    ['a power', repeated(14, () => 'gb', ' * '), 'gb * gb'],
    ['a sum of quotients', repeated(20, (index) => `fee * gb / (gb + other_gb + included * ${index})`, ' + '), 'fee'],
  ])('%s that rating would stop at is an error', (_, formula, start) => {
    const found = findingsOf([{ formula }]).filter(({ code }) => code === 'cost-limit');
    expect(found).toMatchObject([{ severity: 'error', message: expect.stringMatching(/1200 digits/) }]);
    expect(formula.slice(found[0]?.start ?? 0).startsWith(start)).toBe(true);
  });

  it('a long sum of shares of the days stays within the limit', () => {
    const formula = repeated(40, () => 'fee * active_days / period_days', ' + ');
    expect(findingsOf([{ formula }])).toEqual([]);
  });
});
