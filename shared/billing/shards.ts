/** The most that one shard of a run holds. */
export interface ShardLimits {
  readonly customers: number;
  /** Usage rows in the pinned checkpoints. */
  readonly rows: number;
}

/**
 * Either limit alone would let a shard grow without end; together they keep one to a few seconds, where a push may take
 * five minutes, and its memory to some hundred megabytes. A customer with more rows is a shard by itself: its rows are
 * read with regions added up, one value for each project, metric and day.
 */
export const SHARD_LIMITS: ShardLimits = { customers: 100, rows: 250_000 };

/**
 * Cuts customers, in their order, into shards within the limits. A period without customers has one empty shard, so
 * that its run goes the same way as any other.
 */
export function shardsOf(
  customers: readonly { readonly customer: string; readonly rows: number }[],
  limits: ShardLimits,
): readonly (readonly string[])[] {
  const shards: string[][] = [[]];
  let rowsOfLast = 0;
  for (const { customer, rows } of customers) {
    const last = shards.at(-1) ?? [];
    if (last.length > 0 && (last.length >= limits.customers || rowsOfLast + rows > limits.rows)) {
      shards.push([customer]);
      rowsOfLast = rows;
    } else {
      last.push(customer);
      rowsOfLast += rows;
    }
  }
  return shards;
}
