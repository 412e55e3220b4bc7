import type { BillingPeriod } from '../calendar/billing-period.ts';
import type { Transaction } from '../database/database.ts';
import {
  adjustmentListLeftOver,
  billingRunListCorrectedByInvoice,
  billingRunLock,
  creditListLapsedOfInvoice,
  invoiceVoidFind,
  reratingShardAdd,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { resolveExceptions } from '../exceptions/exceptions.ts';

/**
 * Has customers of an approved run compared again though no input of it has changed, because what was billed has. Of a run
 * that was never rated anew nothing can differ. `author` is who brought the change about.
 */
export async function compareAgain(
  transaction: Transaction,
  effects: Effects,
  again: { readonly runId: string; readonly customers: readonly string[]; readonly author: string },
): Promise<void> {
  if (again.customers.length === 0) return;
  const run = await transaction.first(billingRunLock, { run_id: again.runId });
  if (!run) throw new Error(`there is no run ${again.runId} whose customers could be compared`);
  const columns = { run_id: again.runId, customers: again.customers, author: again.author };
  const added = await transaction.first(reratingShardAdd, columns);
  if (!added) return;
  const { rerating, shard } = added;
  await recordEvents(transaction, effects, [
    {
      type: 'period.changed',
      data: { runId: again.runId, period: run.period as BillingPeriod, rerating, shard, shards: shard + 1 },
    },
  ]);
}

/**
 * Follows the void of an invoice: what was corrected of it, what it carried and what was credited on it is compared
 * anew, so that nothing is left billed for what was taken back; in the name of whoever asked for the void, who then cannot
 * decide on what follows. To be called in the void's transaction, before what was asked for is ended.
 */
export async function compareAfterVoid(transaction: Transaction, effects: Effects, invoiceId: string): Promise<void> {
  const key = { invoice_id: invoiceId };
  const asked = await transaction.first(invoiceVoidFind, key);
  const author = asked?.author ?? transaction.intent.actor;
  const lapsed = (await transaction.rows(creditListLapsedOfInvoice, key)).map((row) => row.credit_id);
  await resolveExceptions(transaction, effects, ['credit_failed'], lapsed, 'the invoice that it reduces was voided');
  for (const { run_id: runId, customer_id } of await transaction.rows(billingRunListCorrectedByInvoice, key))
    await compareAgain(transaction, effects, { runId, customers: [customer_id], author });
}

/**
 * Looks again at the approved adjustments that no further invoice will carry: their customers were rated before the
 * adjustment came, or their contracts have ended since. To be called when a run was signed off.
 */
export async function compareLeftOver(transaction: Transaction, effects: Effects): Promise<void> {
  const author = transaction.intent.actor;
  const left = await transaction.rows(adjustmentListLeftOver, {});
  for (const { run_id: runId, customers } of left.toReversed())
    await compareAgain(transaction, effects, { runId, customers, author });
}
