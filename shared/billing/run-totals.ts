/** What a reviewer sees of a run, per currency: counts, and the sum of the totals in minor units as text. */
export type RunTotals = Readonly<
  Record<string, { readonly invoices: number; readonly held: number; readonly total: string }>
>;

/** Adds the invoices of a run up, currency by currency. Held ones count, with nothing to bill. */
export function runTotals(
  invoices: readonly { readonly currency: string; readonly status: string; readonly total: bigint }[],
): RunTotals {
  const groups = [...Map.groupBy(invoices, (invoice) => invoice.currency)];
  return Object.fromEntries(
    groups.map(([currency, group]) => [
      currency,
      {
        invoices: group.length,
        held: group.filter((invoice) => invoice.status === 'held').length,
        total: group.reduce((sum, invoice) => sum + invoice.total, 0n).toString(),
      },
    ]),
  );
}
