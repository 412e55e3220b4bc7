import { billingPeriod } from '../calendar/billing-period.ts';
import type { Reader } from '../database/database.ts';
import {
  adjustmentListOnInvoices,
  chargeListOfCustomers,
  invoiceCorrectedTermsList,
  invoiceListForReplay,
  runCheckpointCountRows,
  stripeRequestListOfInvoices,
} from '../database/queries.generated.ts';
import { readAdjustment } from './adjustment.ts';
import type { PinnedRun } from './pinned-run.ts';
import { type CustomerRating, withAdjustments } from './rate-customer.ts';
import { rateCustomers } from './rate-customers.ts';
import { type InvoiceReplay, type KeptBytes, replayInvoice, replayWithoutRows } from './replay.ts';

/** Invoices in one batch: as many customers as a shard is rated with. */
const BATCH = 100;

export type ReplayScope =
  | { readonly kind: 'period'; readonly period: string }
  | { readonly kind: 'invoice'; readonly invoiceId: string };

type KeptRow = NonNullable<(typeof invoiceListForReplay)['row']>;

/** Invoices of one run under one token: they rest on the same pins. */
interface Pinned {
  readonly run_id: string;
  readonly fencing_token: number;
  readonly rows: readonly [KeptRow, ...KeptRow[]];
}

/**
 * Replays invoices batch by batch, in the order of their ids and in every state: superseded and void ones rest on pins too.
 * What is read of a batch is a fixed number of statements for each run and token, however many invoices it has.
 */
export async function* replayInvoices(reader: Reader, scope: ReplayScope): AsyncGenerator<readonly InvoiceReplay[]> {
  const filter = {
    period: scope.kind === 'period' ? scope.period : null,
    invoice_id: scope.kind === 'invoice' ? scope.invoiceId : null,
  };
  for (let after = ''; ; ) {
    const rows = await reader.rows(invoiceListForReplay, { ...filter, after, batch_size: BATCH });
    const replays: InvoiceReplay[] = [];
    for (const group of Map.groupBy(rows, (row) => `${row.run_id}#${row.fencing_token}`).values()) {
      const [first, ...others] = group;
      if (first === undefined) continue;
      const pin = { run_id: first.run_id, fencing_token: first.fencing_token };
      replays.push(...(await replayPinned(reader, { ...pin, rows: [first, ...others] })));
    }
    if (replays.length > 0) yield replays;
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return;
    after = last.invoice_id;
  }
}

async function replayPinned(reader: Reader, pinned: Pinned): Promise<InvoiceReplay[]> {
  const { run_id, fencing_token, rows } = pinned;
  const pin = { run_id, fencing_token };
  const customers = [...new Set(rows.map((row) => row.customer_id))];
  const charges = Map.groupBy(
    await reader.rows(chargeListOfCustomers, { ...pin, customers }),
    (row) => row.customer_id,
  );
  const requests = Map.groupBy(
    await reader.rows(stripeRequestListOfInvoices, { invoice_ids: rows.map((row) => row.invoice_id) }),
    (row) => row.invoice_id,
  );
  const kept = rows.map((invoice): KeptBytes => {
    const own = (charges.get(invoice.customer_id) ?? []).filter(
      // What was rated beside the bill names no invoice; it is of the same rating.
      (charge) =>
        charge.invoice_id === invoice.invoice_id ||
        (charge.invoice_id === null && charge.rating_number === invoice.rating_number),
    );
    return { invoice, charges: own, requests: requests.get(invoice.invoice_id) ?? [] };
  });
  const rested = await reader.first(runCheckpointCountRows, pin);
  if (rested && rested.kept_rows > 0n && rested.months_there === false) return kept.map(replayWithoutRows);
  const [{ period, series, period_from: from, period_to: to }] = rows;
  const run = { runId: run_id, fencingToken: fencing_token, period: billingPeriod(period), series, from, to };
  const rated = await rateByTerms(reader, run, rows);
  const carried = Map.groupBy(
    await reader.rows(adjustmentListOnInvoices, { invoice_ids: rows.map((row) => row.invoice_id) }),
    (row) => row.invoice_id,
  );
  return kept.map((one) => {
    const rating = rated.get(one.invoice.invoice_id);
    if (rating === undefined) throw new Error(`customer ${one.invoice.customer_id} was not rated anew`);
    const adjustments = (carried.get(one.invoice.invoice_id) ?? []).map((row) => readAdjustment(row.document));
    return replayInvoice(one, withAdjustments(rating, adjustments));
  });
}

/** The ratings by invoice. One that was rated by corrected terms is rated by those again; such invoices are few. */
async function rateByTerms(
  reader: Reader,
  run: PinnedRun,
  rows: readonly { readonly invoice_id: string; readonly customer_id: string }[],
): Promise<ReadonlyMap<string, CustomerRating>> {
  const corrections = Map.groupBy(
    await reader.rows(invoiceCorrectedTermsList, { invoice_ids: rows.map((row) => row.invoice_id) }),
    (row) => row.invoice_id,
  );
  const usual = rows.filter((row) => !corrections.has(row.invoice_id));
  const ratingOf = new Map(
    (await rateCustomers(reader, run, [...new Set(usual.map((row) => row.customer_id))])).map(
      ({ customerId, rating }) => [customerId, rating],
    ),
  );
  const ratings = new Map(
    usual.flatMap((row) => {
      const rating = ratingOf.get(row.customer_id);
      return rating === undefined ? [] : [[row.invoice_id, rating] as const];
    }),
  );
  for (const row of rows.filter((one) => corrections.has(one.invoice_id))) {
    const [own] = await rateCustomers(reader, run, [row.customer_id], corrections.get(row.invoice_id));
    if (own !== undefined) ratings.set(row.invoice_id, own.rating);
  }
  return ratings;
}
