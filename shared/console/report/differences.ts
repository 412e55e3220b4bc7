import type { RunReport } from './read-report.ts';

/** A customer's month beside the one before, in minor units of one currency; null where there was no invoice. */
export interface CustomerChange {
  readonly customer: string;
  readonly currency: string;
  readonly total: bigint | null;
  readonly before: bigint | null;
  readonly difference: bigint;
}

/** The sums of a currency in both months. */
export interface CurrencyTotal {
  readonly currency: string;
  readonly invoices: number;
  readonly held: number;
  readonly total: bigint;
  readonly before: bigint;
}

/** Per currency, in the order of their codes; a currency of only one of the months too. */
export function currencyTotals({
  invoices,
  earlier,
}: Pick<RunReport, 'invoices' | 'earlier'>): readonly CurrencyTotal[] {
  const codes = [...new Set([...invoices, ...earlier].map((row) => row.currency))].sort();
  return codes.map((currency) => {
    const own = invoices.filter((row) => row.currency === currency);
    return {
      currency,
      invoices: own.length,
      held: own.filter((row) => row.status === 'held').length,
      total: sumOf(own),
      before: sumOf(earlier.filter((row) => row.currency === currency)),
    };
  });
}

function sumOf(rows: readonly { readonly total: bigint }[]): bigint {
  return rows.reduce((sum, row) => sum + row.total, 0n);
}

/** Customers of either month whose total changed, the greatest change first; ties by name. */
export function customerChanges({
  invoices,
  earlier,
}: Pick<RunReport, 'invoices' | 'earlier'>): readonly CustomerChange[] {
  const totals = new Map<string, { customer: string; currency: string; total: bigint | null; before: bigint | null }>();
  const at = (row: { readonly customer_id: string; readonly customer_name: string; readonly currency: string }) => {
    const key = `${row.customer_id} ${row.currency}`;
    const found = totals.get(key) ?? { customer: row.customer_name, currency: row.currency, total: null, before: null };
    totals.set(key, found);
    return found;
  };
  for (const row of invoices) {
    if (row.status === 'held') continue;
    const entry = at(row);
    entry.total = (entry.total ?? 0n) + row.total;
  }
  for (const row of earlier) {
    const entry = at(row);
    entry.before = (entry.before ?? 0n) + row.total;
  }
  return [...totals.values()]
    .map((entry) => ({ ...entry, difference: (entry.total ?? 0n) - (entry.before ?? 0n) }))
    .filter(({ difference }) => difference !== 0n)
    .sort((a, b) => compare(size(b.difference), size(a.difference)) || (a.customer < b.customer ? -1 : 1));
}

function size(amount: bigint): bigint {
  return amount < 0n ? -amount : amount;
}

function compare(a: bigint, b: bigint): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
