import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { minorUnits } from '../../shared/exact/currency.ts';
import { type LocalInvoiceLine, rollUpLines } from '../../shared/stripe/line-roll-up.ts';
import { line, lines } from './invoices.ts';

const total = (of: readonly LocalInvoiceLine[]) => of.reduce((sum, each) => sum + each.amount, 0n);

describe('rolling lines up to 250', () => {
  test.each([0, 1, 249, 250])('%d lines stay as they are', (count) => {
    expect(rollUpLines(lines(count))).toEqual(lines(count));
  });

  test.each([251, 500])('%d lines of one label become one line of the same sum', (count) => {
    const [rolled, ...others] = rollUpLines(lines(count));
    expect(others).toEqual([]);
    expect(rolled).toMatchObject({
      key: 'rolled_up:API requests',
      description: `API requests (${count} lines)`,
      amount: total(lines(count)),
      metadata: { daybook_rolled_up: count.toString() },
    });
  });

  test('the label with the most lines goes first; lines of other labels stay in place', () => {
    const many = Array.from({ length: 200 }, (_, index) => line(index));
    const some = Array.from({ length: 60 }, (_, index) => line(index, { key: `storage/${index}`, label: 'Storage' }));
    const rolled = rollUpLines([...some, ...many]);
    expect(rolled).toHaveLength(61);
    expect(rolled.slice(0, 60)).toEqual(some);
    expect(rolled[60]?.key).toBe('rolled_up:API requests');
  });

  test('more labels than places: the last places become one line', () => {
    const distinct = Array.from({ length: 300 }, (_, index) => line(index, { label: `Metric ${index}` }));
    const rolled = rollUpLines(distinct);
    expect(rolled).toHaveLength(250);
    expect(rolled.slice(0, 249)).toEqual(distinct.slice(0, 249));
    expect(rolled[249]).toMatchObject({ description: 'Other usage (51 lines)', amount: total(distinct.slice(249)) });
  });

  test('the digest of a merged line tells other lines of the same sum apart', () => {
    const [one] = rollUpLines(lines(251));
    const [first, second, ...rest] = lines(251);
    if (first === undefined || second === undefined) throw new Error('two lines are needed');
    const moved = [{ ...first, amount: second.amount }, { ...second, amount: first.amount }, ...rest];
    const [other] = rollUpLines(moved);
    expect(other?.amount).toBe(one?.amount);
    expect(other?.metadata.daybook_rolled_up_digest).not.toBe(one?.metadata.daybook_rolled_up_digest);
  });

  test('promise 2: whatever the lines, they fit and their sum is kept', () => {
    const anyLine = fc.record({
      label: fc.integer({ min: 0, max: 20 }),
      amount: fc.bigInt({ min: -(10n ** 12n), max: 10n ** 12n }),
    });
    fc.assert(
      fc.property(fc.array(anyLine, { maxLength: 40 }), fc.integer({ min: 1, max: 30 }), (drawn, limit) => {
        const drawnLines = drawn.map(({ label, amount }, index) =>
          line(index, { label: `L${label}`, amount: minorUnits(amount) }),
        );
        const rolled = rollUpLines(drawnLines, limit);
        expect(rolled.length).toBeLessThanOrEqual(limit);
        expect(total(rolled)).toBe(total(drawnLines));
        expect(new Set(rolled.map((each) => each.key)).size).toBe(rolled.length);
      }),
    );
  });
});
