import { z } from 'zod';
import { readAdjustment } from '../billing/adjustment.ts';
import { invoiceDocument } from '../billing/invoice-document.ts';
import { MAIN_SERIES } from '../billing/pinned-run.ts';
import { withAdjustments } from '../billing/rate-customer.ts';
import { rateUsage, toTerms } from '../billing/rate-customers.ts';
import { type BillingPeriod, periodDays } from '../calendar/billing-period.ts';
import type { Reader } from '../database/database.ts';
import {
  adjustmentListToCarry,
  billingRunListOffCycle,
  contractListBilledMonthly,
  invoiceFindIssued,
  metricList,
} from '../database/queries.generated.ts';
import { readKnownUsage } from './known-usage.ts';

/** A line as the invoice has it or would have it. Amounts are minor units as text, quantities exact. */
export interface CostLine {
  readonly key: string;
  readonly label: string;
  readonly project: string | null;
  readonly quantity: string | null;
  readonly exact: string;
  readonly amount: string;
}

/** A correction of an earlier period that the invoice carries or would carry. Amounts are minor units as text. */
export interface CostAdjustment {
  readonly adjustment: string;
  /** The period that is corrected. */
  readonly period: string;
  /** With what of it is given back as a credit instead. */
  readonly lines: readonly { readonly key: string; readonly label: string; readonly amount: string }[];
}

interface Cost {
  readonly currency: string;
  readonly lines: readonly CostLine[];
  readonly adjustments: readonly CostAdjustment[];
  /** Of the lines and the adjustments, in minor units as text. */
  readonly total: string;
}

/** What a customer's period costs, as known at an instant. */
export type CostSoFar =
  /** The amounts are settled: these are the invoice's own, from its document. */
  | (Cost & { readonly kind: 'invoiced'; readonly invoice: string; readonly number: string | null })
  /** What the invoice would be if nothing more were used: fixed fees are those of the whole period. */
  | (Cost & { readonly kind: 'so_far' })
  /** It cannot be rated; its invoice would be held for this reason. */
  | { readonly kind: 'held'; readonly reason: string; readonly detail: string };

const lineSchema = z.object({
  key: z.string(),
  label: z.string(),
  project: z.string().nullable(),
  quantity: z.string().nullable(),
  exact: z.string(),
  amount: z.string(),
});
const adjustmentSchema = z.object({
  adjustment: z.string(),
  period: z.string(),
  lines: z.array(z.object({ key: z.string(), label: z.string(), amount: z.string() })),
});
const documentSchema = z.object({
  currency: z.string(),
  lines: z.array(lineSchema),
  adjustments: z.array(adjustmentSchema).default([]),
  total: z.string(),
});

/**
 * The cost of a period so far, by the same rating as the invoice's and written by the same code, so that it ends equal to
 * the invoice, line by line; from the sign-off on it is the invoice. Read in the role of visibility (`asVisibility`).
 */
export async function costSoFar(
  reader: Reader,
  customer: string,
  period: BillingPeriod,
  now: Date,
): Promise<CostSoFar> {
  const key = { customer_id: customer, period, series: MAIN_SERIES };
  const invoice = await reader.first(invoiceFindIssued, key);
  if (invoice !== undefined) {
    const document = documentSchema.parse(JSON.parse(invoice.document));
    return { kind: 'invoiced', invoice: invoice.invoice_id, number: invoice.stripe_number, ...document };
  }
  const { rows } = await readKnownUsage(reader, customer, period, now);
  const usage = rows.map(({ metric, day, project, quantity }) => {
    return { customer_id: customer, metric, day, project_id: project, quantity, rows: 1 };
  });
  const { from, to } = periodDays(period);
  const customers = [customer];
  const rowsOfContracts = await reader.rows(contractListBilledMonthly, {
    customers,
    period,
    from_day: from,
    to_day: to,
  });
  const contracts = rowsOfContracts.map((row) => ({ customerId: row.customer_id, terms: toTerms(row) }));
  const metrics = await reader.rows(metricList, {});
  const offCycle = (await reader.rows(billingRunListOffCycle, { period })).map(
    ({ customer_id, period_from: from_day, period_to: to_day }) => ({ customer_id, from_day, to_day }),
  );
  const [rated] = await rateUsage(reader, { period, customers, contracts, metrics, usage, offCycle });
  if (rated === undefined || rated.rating.kind === 'held') {
    const { reason, detail } = rated?.rating.kind === 'held' ? rated.rating : { reason: 'not_rated', detail: customer };
    return { kind: 'held', reason, detail };
  }
  const identity = { invoiceId: '', customerId: customer, period, series: MAIN_SERIES };
  const due = (await reader.rows(adjustmentListToCarry, key)).map((row) => readAdjustment(row.document));
  const rating = withAdjustments(rated.rating, due);
  const document = documentSchema.parse(JSON.parse(invoiceDocument(identity, rating)));
  return { kind: 'so_far', ...document };
}
