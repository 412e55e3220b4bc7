/** One line of the table: what was measured, against what, in the same run on the same machine. */
export interface Comparison {
  readonly name: string;
  readonly measured: Timing;
  readonly reference: Timing;
  /** What the numbers are made of, in words. */
  readonly notes: readonly string[];
}

/** Milliseconds for one piece of work. */
export interface Timing {
  readonly what: string;
  readonly milliseconds: number;
}

/** A part of the benchmark, under the name that `--only` takes. */
export interface Benchmark {
  readonly name: string;
  readonly run: () => Promise<readonly Comparison[]>;
}

const ROUNDS = 15;
const BATCH_MS = 20;

/** Keeps results alive, so that work without an effect is not optimised away. */
const kept: { last?: unknown } = {};

/**
 * Times two pieces of pure work by turns, so that both meet the same weather, and gives the median of each, in
 * milliseconds for one call.
 */
export function compareByTurns(one: () => unknown, other: () => unknown): readonly [number, number] {
  const [repeatOne, repeatOther] = [batchSize(one), batchSize(other)];
  const times: [number[], number[]] = [[], []];
  for (let round = 0; round < ROUNDS; round += 1) {
    times[0].push(timeBatch(one, repeatOne));
    times[1].push(timeBatch(other, repeatOther));
  }
  return [median(times[0]), median(times[1])];
}

/** Milliseconds that the work took, with what it gave. */
export async function timed<T>(work: () => Promise<T>): Promise<{ readonly milliseconds: number; readonly result: T }> {
  const begun = performance.now();
  const result = await work();
  return { milliseconds: performance.now() - begun, result };
}

export function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

/** How many calls fill a batch; also warms the work up. */
function batchSize(work: () => unknown): number {
  let count = 1;
  while (timeBatch(work, count) * count < BATCH_MS) count *= 2;
  return count;
}

function timeBatch(work: () => unknown, count: number): number {
  const begun = performance.now();
  for (let call = 0; call < count; call += 1) kept.last = work();
  return (performance.now() - begun) / count;
}
