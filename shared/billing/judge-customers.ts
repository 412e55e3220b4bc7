import { previousPeriod } from '../calendar/billing-period.ts';
import type { Transaction } from '../database/database.ts';
import { customerListUnmappedAmong, invoiceListHistory } from '../database/queries.generated.ts';
import { carriedLines } from './adjustment.ts';
import { brokenBounds } from './bounds.ts';
import { dueAdjustments } from './carry-adjustments.ts';
import { readBounds } from './close-rules.ts';
import type { Hold } from './holds.ts';
import type { Verdict } from './keep-ratings.ts';
import { MAIN_SERIES, type PinnedRun } from './pinned-run.ts';
import { withAdjustments } from './rate-customer.ts';
import { type CorrectedTerms, type RatedCustomer, rateCustomers } from './rate-customers.ts';

/** Periods that are looked back at; no bound asks for more. */
const HISTORY_PERIODS = 24;

/**
 * Rates customers of a run and finds every reason in their rating to hold one of them; the others go on (promises 19 and
 * 24). Usage that looks wrong holds later, under the run's lock: see `anomaly-holds`.
 */
export async function judgeCustomers(
  transaction: Transaction,
  run: PinnedRun,
  customers: readonly string[],
  corrections: readonly CorrectedTerms[] = [],
): Promise<readonly Verdict[]> {
  const due = await dueAdjustments(transaction, customers, run.period);
  const rated = (await rateCustomers(transaction, run, customers, corrections)).map(({ customerId, rating }) => ({
    customerId,
    rating: withAdjustments(rating, due.get(customerId) ?? []),
  }));
  const bounds = await boundsCheck(transaction, run, customers);
  const unmapped = new Set(
    (await transaction.rows(customerListUnmappedAmong, { customers })).map((row) => row.customer_id),
  );
  return rated.map((one) => {
    const { customerId, rating } = one;
    if (rating.kind === 'held')
      return { ...one, holds: [{ reason: rating.reason, detail: rating.detail, releasable: false }] };
    const holds: Hold[] = [...bounds(one)];
    if (unmapped.has(customerId)) holds.push(unmappedHold(customerId));
    return { ...one, holds };
  });
}

function unmappedHold(customerId: string): Hold {
  const detail = `${customerId} is unknown to Stripe; map the customer, then release the invoice`;
  return { reason: UNMAPPED, detail, releasable: true };
}

/** The reason of a hold that only goes when the customer is known to Stripe. */
export const UNMAPPED = 'unmapped_customer';

/** What the customers were billed before, read once, and compared one by one. */
async function boundsCheck(
  transaction: Transaction,
  run: PinnedRun,
  customers: readonly string[],
): Promise<(one: RatedCustomer) => readonly Hold[]> {
  const boundsOf = await readBounds(transaction);
  let since = run.period;
  for (let back = 0; back < HISTORY_PERIODS; back += 1) since = previousPeriod(since);
  // An off-cycle run bills part of a month: no month is a measure for it.
  const rows =
    run.series === MAIN_SERIES
      ? await transaction.rows(invoiceListHistory, { customers, series: run.series, period: run.period, since })
      : [];
  const history = Map.groupBy(rows, (row) => `${row.customer_id} ${row.currency}`);
  return ({ customerId, rating }) => {
    if (rating.kind === 'held') return [];
    const { currency, subtotal } = rating;
    const own = rating.billed.reduce((sum, segment) => sum + segment.lines.length, 0);
    const lines = rating.adjustments.reduce((sum, adjustment) => sum + carriedLines(adjustment).length, own);
    const invoice = { period: run.period, currency, lines, total: subtotal };
    return brokenBounds(invoice, history.get(`${customerId} ${currency}`) ?? [], boundsOf(currency));
  };
}
