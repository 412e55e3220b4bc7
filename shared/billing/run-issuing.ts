import type { Transaction } from '../database/database.ts';
import {
  billingRunAdvance,
  billingRunLock,
  billingRunResumeIssuing,
  billingRunStopIssuing,
  invoiceCountUnissuedOfRun,
} from '../database/queries.generated.ts';

/**
 * Brings a run's state up to what its invoices say, after one of them was issued, failed, or was given up: issuing_failed
 * while the attempts for one are used up, issued when none is on its way. Two invoices that end at once would each
 * count the other as open: the lock lets the later one see the earlier.
 */
export async function settleRun(transaction: Transaction, runId: string): Promise<void> {
  const run = await transaction.first(billingRunLock, { run_id: runId });
  if (run?.status !== 'issuing' && run?.status !== 'issuing_failed') return;
  if (run.status === 'issuing_failed') await transaction.rows(billingRunResumeIssuing, { run_id: runId });
  else await transaction.rows(billingRunStopIssuing, { run_id: runId });
  const left = await transaction.first(invoiceCountUnissuedOfRun, { run_id: runId });
  if (left?.unissued !== 0) return;
  const columns = { run_id: runId, fencing_token: run.fencing_token };
  await transaction.rows(billingRunAdvance, { ...columns, from_status: 'issuing', to_status: 'issued' });
}
