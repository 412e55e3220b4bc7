import { describe, expect, test } from 'vitest';
import { type ExceptionClass, nextDelayMs, POLICIES } from '../../shared/exceptions/policy.ts';

describe('the retry policy', () => {
  test('doubles the delay up to its cap: 300, 600, 1200 … 7200 s', () => {
    const delays = [1, 2, 3, 4, 5, 6, 7].map((attempts) => nextDelayMs('aggregation_failed', attempts, 1));
    expect(delays).toEqual([300, 600, 1_200, 2_400, 4_800, 7_200, 7_200].map((seconds) => seconds * 1_000));
  });

  test('promise 20: every class ends after a bounded number of attempts', () => {
    for (const [name, policy] of Object.entries(POLICIES)) {
      expect(nextDelayMs(name as ExceptionClass, policy.maxAttempts, 0.5), name).toBeNull();
    }
  });

  test('waits at least a tenth of the delay, however the dice fall', () => {
    expect(nextDelayMs('aggregation_failed', 1, 0)).toBe(30_000);
  });
});
