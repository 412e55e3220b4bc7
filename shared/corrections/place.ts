import { planCredits } from '../billing/carry-adjustments.ts';
import type { Transaction } from '../database/database.ts';
import { adjustmentApply, adjustmentListToPlace, adjustmentPlace } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { minorUnits } from '../exact/currency.ts';
import { raiseException } from '../exceptions/exceptions.ts';

type ToPlace = NonNullable<(typeof adjustmentListToPlace)['row']>;

/**
 * Looks where approved adjustments go. Most wait for the customer's next invoice, whose rating takes them up. What a
 * customer gets back goes to Stripe at once when the policy says so or no further invoice comes; what it owes and no
 * invoice can ask for is put before a person. Returns the credits that are due now.
 */
export async function placeApproved(
  transaction: Transaction,
  effects: Effects,
  adjustmentIds: readonly string[],
): Promise<readonly string[]> {
  if (adjustmentIds.length === 0) return [];
  const rows = await transaction.rows(adjustmentListToPlace, { adjustment_ids: adjustmentIds });
  const credits: string[] = [];
  for (const row of rows) {
    switch (wayOf(row)) {
      case 'next_invoice':
        break;
      case 'credit':
        credits.push(...(await giveBack(transaction, effects, row)));
        break;
      case 'nothing_due':
        await transaction.rows(adjustmentPlace, { adjustment_ids: [row.adjustment_id], invoice_ids: [''] });
        await transaction.rows(adjustmentApply, { adjustment_id: row.adjustment_id, invoice_id: null });
        break;
      case 'nowhere':
        await raiseNowhere(transaction, effects, row);
        break;
    }
  }
  await recordEvents(
    transaction,
    effects,
    credits.map((creditId) => ({ type: 'credit.approved' as const, data: { creditId } })),
  );
  return credits;
}

function wayOf({ total, credits_by, billed_again }: ToPlace): 'next_invoice' | 'credit' | 'nothing_due' | 'nowhere' {
  if (total < 0n) return credits_by === 'credit_note' || !billed_again ? 'credit' : 'next_invoice';
  if (billed_again) return 'next_invoice';
  return total === 0n ? 'nothing_due' : 'nowhere';
}

async function giveBack(transaction: Transaction, effects: Effects, row: ToPlace): Promise<readonly string[]> {
  const credits = await planCredits(transaction, effects, {
    adjustmentId: row.adjustment_id,
    customerId: row.customer_id,
    period: row.period,
    currency: row.currency,
    amount: minorUnits(-row.total),
    carrier: null,
  });
  await transaction.rows(adjustmentPlace, { adjustment_ids: [row.adjustment_id], invoice_ids: [''] });
  return credits;
}

async function raiseNowhere(transaction: Transaction, effects: Effects, row: ToPlace): Promise<void> {
  await raiseException(transaction, effects, {
    class: 'adjustment_undecided',
    subject: row.adjustment_id,
    reason: 'no_next_invoice',
    detail: `${row.customer_id} owes ${row.total} minor units of ${row.currency} for ${row.period}, and no contract of it covers a day that is still to be billed: draft one whose invoice carries it`,
  });
}
