/** A small seeded generator (mulberry32), so that a run can be repeated from the seed that it prints. */
export class Random {
  private state: number;

  constructor(seed: number) {
    this.state = seed >>> 0;
  }

  /** A whole number from 0 up to, not including, the limit (at most 2^32). */
  below(limit: number): number {
    this.state = (this.state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  }

  chance(oneIn: number): boolean {
    return this.below(oneIn) === 0;
  }

  pick<Item>(items: readonly [Item, ...Item[]]): Item {
    return items[this.below(items.length)] ?? items[0];
  }

  /** A whole number of at most this many decimal digits. */
  digits(most: number): bigint {
    let value = 0n;
    for (let left = 1 + this.below(most); left > 0; left -= 9) {
      const count = Math.min(left, 9);
      value = value * 10n ** BigInt(count) + BigInt(this.below(10 ** count));
    }
    return value;
  }
}
