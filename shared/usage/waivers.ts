import { utcDayOf } from '../calendar/utc-day.ts';
import { asRefusal, type Refusal, refuse } from '../catalogue/refusal.ts';
import type { Database, Transaction } from '../database/database.ts';
import {
  completenessWaiverApprove,
  completenessWaiverFind,
  completenessWaiverPropose,
  completenessWaiverReject,
  type WaiverStatus,
} from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';
import { type Cell, cellName } from './cell.ts';

export type WaiverOutcome =
  | { readonly kind: 'done'; readonly status: WaiverStatus; readonly author: string; readonly why: string }
  | Refusal<'nothing_to_waive'>;

/**
 * Proposes that a cell be billed without a figure. It changes nothing until a second person approves it. Proposed anew,
 * the later words and their author count.
 */
export function proposeWaiver(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  { cell, author, why }: { readonly cell: Cell; readonly author: string; readonly why: string },
): Promise<WaiverOutcome> {
  return asRefusal(() =>
    database.transaction({ actor: author, why }, async (transaction): Promise<WaiverOutcome> => {
      const name = cellName(cell);
      if (cell.day >= utcDayOf(effects.now()))
        return refuse('nothing_to_waive', `${cell.day} is not over yet (UTC): its usage may still come.`);
      const found = await transaction.first(completenessWaiverFind, keyOf(cell));
      if (!found?.required)
        return refuse('nothing_to_waive', `${name} is required by nobody: no such source is active there on that day.`);
      if (found.complete)
        return refuse('nothing_to_waive', `${name} has a checkpoint: there is a figure, and nothing to waive.`);
      const proposed = await transaction.first(completenessWaiverPropose, {
        ...keyOf(cell),
        author,
        why,
        proposed_at: effects.now(),
      });
      return proposed ? { kind: 'done', status: 'proposed', author, why } : notProposed(transaction, cell);
    }),
  );
}

/** Approves a proposed waiver in the caller's transaction, which is the approver's; the database refuses the author. */
export async function approveWaiver(transaction: Transaction, effects: Effects, cell: Cell): Promise<WaiverOutcome> {
  const { actor } = transaction.intent;
  const columns = { ...keyOf(cell), approver: actor, waived_at: effects.now() };
  const approved = await transaction.first(completenessWaiverApprove, columns);
  return approved ? { kind: 'done', status: 'approved', ...approved } : notProposed(transaction, cell);
}

/** Rejects a proposed waiver; its author may take it back the same way. */
export function rejectWaiver(
  { database }: { readonly database: Database },
  { cell, actor, why }: { readonly cell: Cell; readonly actor: string; readonly why: string },
): Promise<WaiverOutcome> {
  return asRefusal(() =>
    database.transaction({ actor, why }, async (transaction): Promise<WaiverOutcome> => {
      const rejected = await transaction.first(completenessWaiverReject, keyOf(cell));
      return rejected ? { kind: 'done', status: 'rejected', ...rejected } : notProposed(transaction, cell);
    }),
  );
}

async function notProposed(transaction: Transaction, cell: Cell): Promise<WaiverOutcome> {
  const found = await transaction.first(completenessWaiverFind, keyOf(cell));
  const name = cellName(cell);
  const { status = null } = found ?? {};
  return status === null
    ? refuse('not_found', `No waiver of ${name} was proposed: daybook usage waive proposes one.`)
    : refuse('state', `The waiver of ${name} is ${status} already.`);
}

function keyOf(cell: Cell): { readonly region: string; readonly source_id: string; readonly day: string } {
  return { region: cell.region, source_id: cell.source, day: cell.day };
}
