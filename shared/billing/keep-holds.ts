import type { Transaction } from '../database/database.ts';
import { invoiceHoldInsertMany } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import type { Hold } from './holds.ts';

/** Keeps the reasons for which invoices are held, placed by who acts now. */
export async function keepHolds(
  transaction: Transaction,
  effects: Effects,
  holds: readonly (Hold & { readonly invoiceId: string })[],
): Promise<void> {
  if (holds.length === 0) return;
  await transaction.rows(invoiceHoldInsertMany, {
    invoice_ids: holds.map(({ invoiceId }) => invoiceId),
    reasons: holds.map(({ reason }) => reason),
    details: holds.map(({ detail }) => detail),
    releasable: holds.map(({ releasable }) => releasable),
    placed_by: transaction.intent.actor,
    placed_at: effects.now(),
  });
}
