/** What a reviewer sees of a run, per currency: counts, and the sum of the totals in minor units as text. */
export type RunTotals = Readonly<
  Record<string, { readonly invoices: number; readonly held: number; readonly total: string }>
>;

/** The totals as they are kept with the run, from what its live invoices add up to. Held ones are counted in. */
export function runTotals(
  rows: readonly {
    readonly currency: string;
    readonly invoices: number;
    readonly held: number;
    readonly total: bigint;
  }[],
): RunTotals {
  return Object.fromEntries(
    rows.map(({ currency, invoices, held, total }) => [currency, { invoices, held, total: total.toString() }]),
  );
}
