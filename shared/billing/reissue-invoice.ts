import { billingPeriod } from '../calendar/billing-period.ts';
import { asRefusal, type Refusal, refuse } from '../catalogue/refusal.ts';
import type { Database, Transaction } from '../database/database.ts';
import {
  type BillingRunStatus,
  billingRunLock,
  invoiceCorrectedTermsInsert,
  invoiceFindLive,
  invoiceFindRun,
  invoiceLock,
  termCorrectionListInForce,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { holdForAnomalies } from './anomaly-holds.ts';
import { compareAgain } from './compare-again.ts';
import { keepTotals } from './finish-rating.ts';
import type { InvoiceDecision } from './invoice-decisions.ts';
import { judgeCustomers } from './judge-customers.ts';
import { keepRatings } from './keep-ratings.ts';
import { seriesOf } from './pinned-run.ts';

export type ReissueOutcome =
  | {
      readonly kind: 'reissued';
      /** The invoice in place of the voided one. */
      readonly invoiceId: string;
      readonly status: 'rated' | 'held';
      readonly runId: string;
      readonly runStatus: BillingRunStatus;
    }
  | ReissueRefusal;

type ReissueReason = 'not_void' | 'billed_already' | 'run_closed' | 'nothing_to_bill';
type ReissueRefusal = Refusal<ReissueReason>;

/**
 * Bills a voided invoice's obligation anew: rates the customer from what the run has pinned, by the terms that were
 * corrected since, as the next generation. Somebody else approves it (promise 23); in a run that waits for its review it
 * goes with the run. Usage that came after the sign-off is compared once more, so that billed + adjustments = corrected
 * holds with the new invoice as well (promise 12). A repeat finds the obligation billed.
 */
export function reissueInvoice(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  { invoiceId, actor, why }: InvoiceDecision,
): Promise<ReissueOutcome> {
  return asRefusal(() =>
    database.transaction({ actor, why }, async (transaction): Promise<ReissueOutcome> => {
      const found = await transaction.first(invoiceFindRun, { invoice_id: invoiceId });
      const run = found && (await transaction.first(billingRunLock, { run_id: found.run_id }));
      const voided = run && (await transaction.first(invoiceLock, { invoice_id: invoiceId }));
      if (run === undefined || voided === undefined)
        return refuse(
          'not_found',
          `There is no invoice "${invoiceId}": daybook invoice list shows those that there are.`,
        );
      return (await problemOf(transaction, voided)) ?? billAnew(transaction, effects, { run, voided, author: actor });
    }),
  );
}

type Locked = NonNullable<(typeof invoiceLock)['row']>;

async function billAnew(
  transaction: Transaction,
  effects: Effects,
  work: {
    readonly run: NonNullable<(typeof billingRunLock)['row']>;
    readonly voided: Locked;
    readonly author: string;
  },
): Promise<ReissueOutcome> {
  const { run, voided } = work;
  const pinned = {
    runId: run.run_id,
    fencingToken: run.fencing_token,
    period: billingPeriod(run.period),
    from: run.period_from,
    to: run.period_to,
    series: seriesOf(run.contract_id),
  };
  const customers = [voided.customer_id];
  const corrections = await transaction.rows(termCorrectionListInForce, { customers, period: pinned.period });
  const verdicts = await judgeCustomers(transaction, pinned, customers, corrections);
  if (verdicts.length === 0) {
    const detail = `Run ${pinned.runId} has nothing to bill ${voided.customer_id} for: no contract of the customer is pinned in it.`;
    return refuse<ReissueReason>('nothing_to_bill', detail);
  }
  await keepRatings(transaction, effects, pinned, verdicts, work.author);
  await holdForAnomalies(transaction, effects, pinned, customers);
  const columns = { run_id: pinned.runId, fencing_token: pinned.fencingToken, customers };
  await transaction.rows(invoiceCorrectedTermsInsert, columns);
  if (run.status === 'in_review') await keepTotals(transaction, pinned);
  else await compareAgain(transaction, effects, { runId: pinned.runId, customers, author: work.author });
  const reissued = await transaction.first(invoiceFindLive, obligationOf(voided));
  if (reissued === undefined) throw new Error(`the invoice in place of ${voided.invoice_id} was kept and is gone`);
  const { invoice_id: invoiceId, status } = reissued;
  return {
    kind: 'reissued',
    invoiceId,
    status: status === 'held' ? 'held' : 'rated',
    runId: pinned.runId,
    runStatus: run.status,
  };
}

function obligationOf({ customer_id, period, series }: Locked) {
  return { customer_id, period, series };
}

/** In a fixed order: what the invoice is, whether its obligation is billed, and whether its run still takes invoices. */
async function problemOf(transaction: Transaction, voided: Locked): Promise<ReissueRefusal | undefined> {
  const { invoice_id: invoiceId, status, run_id: runId, run_status: runStatus } = voided;
  if (status !== 'void')
    return refuse('not_void', `Invoice ${invoiceId} is ${status}: only what was voided is billed anew.`);
  const live = await transaction.first(invoiceFindLive, obligationOf(voided));
  if (live !== undefined)
    return refuse(
      'billed_already',
      `What ${invoiceId} was for is billed by ${live.invoice_id}, which is ${live.status}.`,
    );
  switch (runStatus) {
    case 'in_review':
    case 'issuing':
    case 'issuing_failed':
    case 'issued':
      return undefined;
    case 'closed':
      return refuse('run_closed', `Run ${runId} is closed, and takes no invoice any more.`);
    case 'open':
    case 'collecting':
    case 'complete':
    case 'rated':
    case 'rating_failed':
    case 'approved':
      return refuse<ReissueReason>(
        'state',
        `Run ${runId} is ${runStatus}: it rates the customer by itself. See daybook run show ${runId}.`,
      );
    default:
      return runStatus satisfies never;
  }
}
