import { expect, test } from 'vitest';
import { bucketOf } from '../../shared/pace/bucket.ts';

test.each([1, 2, 3, 10, 25, 100, 101, 1_000, 10_000])(
  'a limit of %i: burst and refill over the longest span that can arrive in one second stay within it',
  (limit) => {
    const { burst, intervalMicroseconds } = bucketOf(limit);
    expect(burst + Math.floor(1_250_000 / intervalMicroseconds)).toBeLessThanOrEqual(limit);
    expect(burst).toBeGreaterThanOrEqual(1);
  },
);

test('the usual limits keep about three quarters of what Stripe allows', () => {
  expect(1_000_000 / bucketOf(100).intervalMicroseconds).toBeGreaterThan(72);
  expect(1_000_000 / bucketOf(25).intervalMicroseconds).toBeGreaterThan(19);
});

test.each([0, -1, 1.5, 10_001, Number.NaN])('a limit of %d is refused', (limit) => {
  expect(() => bucketOf(limit)).toThrow(RangeError);
});
