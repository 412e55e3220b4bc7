/** The most calls that any window of a second holds, given when they arrived, in milliseconds. */
export function busiestSecond(arrivals: readonly number[]): number {
  const sorted = [...arrivals].sort((a, b) => a - b);
  let from = 0;
  return sorted.reduce((most, arrival, index) => {
    while (arrival - (sorted[from] ?? arrival) >= 1_000) from += 1;
    return Math.max(most, index - from + 1);
  }, 0);
}
