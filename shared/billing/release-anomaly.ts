import { utcDay } from '../calendar/utc-day.ts';
import { asRefusal } from '../catalogue/refusal.ts';
import type { Database, Transaction } from '../database/database.ts';
import {
  billingRunLock,
  invoiceHoldList,
  invoiceHoldReleaseReason,
  invoiceListHeldForReason,
  invoiceLock,
  invoiceRelease,
  runShardLockOfCustomer,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { openAnomalies, type ReleaseOutcome, releaseAnomaly } from '../usage/anomalies.ts';
import { USAGE_ANOMALY } from './anomaly-holds.ts';
import { keepTotals } from './finish-rating.ts';

export type AnomalyRelease =
  | Exclude<ReleaseOutcome, { kind: 'released' }>
  | (Extract<ReleaseOutcome, { kind: 'released' }> & {
      /** The invoices that go on with their runs now. */
      readonly invoices: readonly string[];
    });

/** A person's word that a figure is right. The last open anomaly of an invoice takes the hold with it that they caused. */
export function releaseUsageAnomaly(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  { anomalyId, actor, why }: { readonly anomalyId: bigint; readonly actor: string; readonly why: string },
): Promise<AnomalyRelease> {
  return asRefusal(() =>
    database.transaction({ actor, why }, async (transaction): Promise<AnomalyRelease> => {
      const released = await releaseAnomaly(transaction, effects, anomalyId);
      if (released.kind === 'refused') return released;
      const { customer, day } = released;
      // A rating that has seen the anomaly open holds the invoice; it is waited for, so that its hold is found here.
      await transaction.rows(runShardLockOfCustomer, { customer_id: customer, day });
      const held = await transaction.rows(invoiceListHeldForReason, {
        customer_id: customer,
        day,
        reason: USAGE_ANOMALY,
      });
      const invoices: string[] = [];
      for (const invoice of held)
        if (await releaseHold(transaction, effects, customer, invoice)) invoices.push(invoice.invoice_id);
      return { ...released, invoices };
    }),
  );
}

type HeldInvoice = NonNullable<(typeof invoiceListHeldForReason)['row']>;

/** True when nothing holds the invoice any more. Locks the run, then the invoice, in the order of everyone else. */
async function releaseHold(
  transaction: Transaction,
  effects: Effects,
  customer: string,
  invoice: HeldInvoice,
): Promise<boolean> {
  const run = await transaction.first(billingRunLock, { run_id: invoice.run_id });
  const key = { invoice_id: invoice.invoice_id };
  const locked = await transaction.first(invoiceLock, key);
  if (locked?.status !== 'held') return false;
  const days = { from: utcDay(invoice.period_from), to: utcDay(invoice.period_to) };
  const left = await openAnomalies(transaction, [customer], days);
  if (left.some(({ billsUsage }) => billsUsage)) return false;
  const { actor, why } = transaction.intent;
  const release = { ...key, reason: USAGE_ANOMALY, released_by: actor, released_at: effects.now(), why };
  await transaction.rows(invoiceHoldReleaseReason, release);
  const holds = await transaction.rows(invoiceHoldList, key);
  if (holds.some(({ released_by }) => released_by === null)) return false;
  await transaction.rows(invoiceRelease, key);
  if (run?.status === 'in_review')
    await keepTotals(transaction, { runId: invoice.run_id, fencingToken: invoice.fencing_token });
  return true;
}
