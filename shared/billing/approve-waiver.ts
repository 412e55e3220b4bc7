import { periodOf } from '../calendar/billing-period.ts';
import { asRefusal } from '../catalogue/refusal.ts';
import type { Database } from '../database/database.ts';
import type { Effects } from '../effects/effects.ts';
import type { Cell } from '../usage/cell.ts';
import { approveWaiver, type WaiverOutcome } from '../usage/waivers.ts';
import { type CollectOutcome, collectRun } from './collect-run.ts';

export type WaiverApproval =
  | Exclude<WaiverOutcome, { kind: 'done' }>
  | (Extract<WaiverOutcome, { kind: 'done' }> & { readonly run: CollectOutcome });

/**
 * Approves a waiver, and looks at its period in the same transaction: no event comes for a day that has no figure, and
 * the run must not wait for one.
 */
export function approveWaiverOfCell(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  { cell, approver, why }: { readonly cell: Cell; readonly approver: string; readonly why: string },
): Promise<WaiverApproval> {
  return asRefusal(() =>
    database.transaction({ actor: approver, why }, async (transaction): Promise<WaiverApproval> => {
      const approved = await approveWaiver(transaction, effects, cell);
      if (approved.kind === 'refused') return approved;
      return { ...approved, run: await collectRun(transaction, effects, periodOf(cell.day)) };
    }),
  );
}
