import { type BillingPeriod, billingPeriod } from '../calendar/billing-period.ts';
import { utcDay } from '../calendar/utc-day.ts';
import type { Transaction } from '../database/database.ts';
import { billingRunLockOfAnomalies, invoiceHoldMany, invoiceListHoldable } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { anomalyText, type FoundAnomaly, type OpenAnomaly, openAnomalies } from '../usage/anomalies.ts';
import { keepTotals } from './finish-rating.ts';
import { type Hold, holdText } from './holds.ts';
import { keepHolds } from './keep-holds.ts';
import type { PinnedRun } from './pinned-run.ts';

/** The reason of a hold that open anomalies of a customer's usage cause. */
export const USAGE_ANOMALY = 'usage_anomaly';

const MOST_NAMED = 5;

/** The run under the token whose invoices are held. */
type HeldRun = Omit<PinnedRun, 'series'>;

/**
 * Holds the invoices of a run's customers whose usage looks wrong on days that it bills them for (promise 19). The caller
 * holds the run's lock, as does whoever finds or releases an anomaly on its days: so an anomaly is either seen here, or
 * its finder sees the invoice. Returns the customers that are held by it.
 */
export async function holdForAnomalies(
  transaction: Transaction,
  effects: Effects,
  run: HeldRun,
  customers: readonly string[],
): Promise<readonly string[]> {
  return placeHolds(transaction, effects, run, await openAnomalies(transaction, customers, daysOf(run)));
}

/**
 * Holds the invoices that new anomalies touch in runs that are rated or wait for their review: figures are also compared
 * with days of an earlier month, so that a rerun there can make a day look wrong whose own run has not changed. What was
 * reviewed before is then not what stands. Invoices of a run that was signed off stay as they are.
 */
export async function holdTouchedInvoices(
  transaction: Transaction,
  effects: Effects,
  found: readonly FoundAnomaly[],
): Promise<void> {
  if (found.length === 0) return;
  const ids = new Set(found.map(({ id }) => id));
  const customers = [...new Set(found.map(({ customer }) => customer))].sort();
  for (const row of await transaction.rows(billingRunLockOfAnomalies, { anomaly_ids: [...ids] })) {
    const run: HeldRun = {
      runId: row.run_id,
      fencingToken: row.fencing_token,
      period: billingPeriod(row.period),
      from: row.period_from,
      to: row.period_to,
    };
    const open = await openAnomalies(transaction, customers, daysOf(run));
    const placed = await placeHolds(
      transaction,
      effects,
      run,
      open.filter(({ id }) => ids.has(id)),
    );
    if (placed.length > 0 && row.status === 'in_review') await keepTotals(transaction, run);
  }
}

function daysOf({ from, to }: HeldRun) {
  return { from: utcDay(from), to: utcDay(to) };
}

/** Returns the customers that are held by it. Who is on a fixed tier is not: the invoice does not rest on the figure. */
async function placeHolds(
  transaction: Transaction,
  effects: Effects,
  run: HeldRun,
  anomalies: readonly OpenAnomaly[],
): Promise<readonly string[]> {
  const byCustomer = Map.groupBy(
    anomalies.filter(({ billsUsage }) => billsUsage),
    ({ customer }) => customer,
  );
  if (byCustomer.size === 0) return [];
  const columns = { run_id: run.runId, fencing_token: run.fencingToken };
  const invoices = await transaction.rows(invoiceListHoldable, { ...columns, customers: [...byCustomer.keys()] });
  const holds = invoices.map(({ invoice_id: invoiceId, customer_id: customer }) => ({
    invoiceId,
    ...anomalyHold(byCustomer.get(customer) ?? [], run.period),
  }));
  if (holds.length === 0) return [];
  await transaction.rows(invoiceHoldMany, {
    invoice_ids: holds.map(({ invoiceId }) => invoiceId),
    hold_reasons: holds.map((hold) => holdText([hold])),
  });
  await keepHolds(transaction, effects, holds);
  return invoices.map((row) => row.customer_id);
}

function anomalyHold(anomalies: readonly OpenAnomaly[], period: BillingPeriod): Hold {
  const named = anomalies.slice(0, MOST_NAMED).map(anomalyText);
  const more = anomalies.length > MOST_NAMED ? [`${anomalies.length - MOST_NAMED} more`] : [];
  const detail = `${[...named, ...more].join('; ')}. Mend the source and rerun the days, or release what is right: daybook usage anomalies --period ${period}`;
  return { reason: USAGE_ANOMALY, detail, releasable: true };
}
