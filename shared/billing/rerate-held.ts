import { billingPeriod } from '../calendar/billing-period.ts';
import type { Database } from '../database/database.ts';
import {
  billingRunLock,
  invoiceCorrectedTermsInsert,
  invoiceSupersedeUnratable,
  termCorrectionListInForce,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { holdForAnomalies } from './anomaly-holds.ts';
import { compareAgain } from './compare-again.ts';
import { keepTotals } from './finish-rating.ts';
import { judgeCustomers } from './judge-customers.ts';
import { keepRatings } from './keep-ratings.ts';
import { seriesOf } from './pinned-run.ts';

export type RerateOutcome =
  | { readonly kind: 'rerated'; readonly invoices: number; readonly held: number }
  /** The run is not rated yet, or is closed: there is nothing that could be rated again. */
  | { readonly kind: 'not_now' };

/**
 * Rates the customers anew whose invoices could not be rated, from the inputs that the run has pinned and the terms that
 * were corrected since, after what was wrong has been mended. What is rated now goes on with the run; in a run that was signed off it takes an approval of
 * its own. What still cannot be rated is held again.
 */
export function rerateHeld(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  runId: string,
  intent: { readonly actor: string; readonly why: string },
): Promise<RerateOutcome> {
  return database.transaction(intent, async (transaction): Promise<RerateOutcome> => {
    const row = await transaction.first(billingRunLock, { run_id: runId });
    switch (row?.status) {
      case 'in_review':
      case 'issuing':
      case 'issuing_failed':
      case 'issued':
        break;
      default:
        return { kind: 'not_now' };
    }
    const run = {
      runId,
      fencingToken: row.fencing_token,
      period: billingPeriod(row.period),
      from: row.period_from,
      to: row.period_to,
      series: seriesOf(row.contract_id),
    };
    const retired = await transaction.rows(invoiceSupersedeUnratable, {
      run_id: runId,
      fencing_token: run.fencingToken,
    });
    const customers = retired.map((invoice) => invoice.customer_id).sort();
    if (customers.length === 0) return { kind: 'rerated', invoices: 0, held: 0 };
    const corrections = await transaction.rows(termCorrectionListInForce, { customers, period: run.period });
    const verdicts = await judgeCustomers(transaction, run, customers, corrections);
    await keepRatings(transaction, effects, run, verdicts);
    const anomalous = new Set(await holdForAnomalies(transaction, effects, run, customers));
    await transaction.rows(invoiceCorrectedTermsInsert, {
      run_id: runId,
      fencing_token: run.fencingToken,
      customers,
    });
    if (row.status === 'in_review') await keepTotals(transaction, run);
    // Rated on what the run has pinned: usage that came after the sign-off is compared with it only now.
    else await compareAgain(transaction, effects, { runId, customers, author: intent.actor });
    const held = verdicts.filter(({ customerId, holds }) => holds.length > 0 || anomalous.has(customerId)).length;
    return { kind: 'rerated', invoices: verdicts.length, held };
  });
}
