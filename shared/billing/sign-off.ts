import type { Database, Transaction } from '../database/database.ts';
import {
  billingRunAdvance,
  billingRunApprove,
  billingRunFind,
  invoiceApproveOfRun,
} from '../database/queries.generated.ts';
import { refusalOf } from '../database/sqlstate.ts';
import type { Effects } from '../effects/effects.ts';
import { recordEvents } from '../events/outbox.ts';
import { compareLeftOver } from './compare-again.ts';

export type SignOffOutcome =
  | { readonly kind: 'approved'; readonly invoices: readonly string[] }
  | { readonly kind: 'refused'; readonly reason: string };

/** Who signs a run off, and the digest of what was reviewed. */
export interface SignOff {
  readonly runId: string;
  readonly by:
    | { readonly kind: 'person'; readonly approver: string }
    | { readonly kind: 'rule'; readonly rule: string };
  /** `reviewDigest` as it was shown; null takes what stands at the sign-off as reviewed. */
  readonly reviewed: string | null;
}

/**
 * The sign-off of a run in review, by someone other than its author (promise 23, enforced by the database), of what
 * was reviewed: a run that has changed since is refused, and so is one whose inputs are others by now. It releases the rated invoices to Stripe; held ones stay. A
 * repeat is refused and changes nothing.
 */
export async function approveRun(
  dependencies: { readonly database: Database; readonly effects: Effects },
  decision: {
    readonly runId: string;
    readonly approver: string;
    readonly why: string;
    /** The digest of what was reviewed, or as many of its first characters as name it. */
    readonly reviewed?: string;
  },
): Promise<SignOffOutcome> {
  const { database, effects } = dependencies;
  const { runId, approver, why, reviewed } = decision;
  try {
    return await database.transaction({ actor: approver, why }, async (transaction): Promise<SignOffOutcome> => {
      const run = await transaction.first(billingRunFind, { run_id: runId });
      if (!run) return { kind: 'refused', reason: `there is no run ${runId}` };
      if (reviewed !== undefined && !names(reviewed, run.review_digest))
        return {
          kind: 'refused',
          reason: `run ${runId} is not what was reviewed: it has changed since, or ${reviewed.slice(0, 80)} was never its digest; review it again with daybook run show ${runId}`,
        };
      const released = await signOff(transaction, effects, {
        runId,
        by: { kind: 'person', approver },
        reviewed: run.review_digest,
      });
      if (released !== undefined) return { kind: 'approved', invoices: released };
      return { kind: 'refused', reason: `run ${runId} is ${run.status}; only a run in review can be approved` };
    });
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal !== undefined) return { kind: 'refused', reason: refusal };
    throw error;
  }
}

/** Fewer digits could name two digests. */
const MIN_DIGITS = 12;

/** Whether a digest, or the first digits of one, names another. */
function names(given: string, digest: string): boolean {
  const digits = given.replace(/^sha256:/, '');
  return digits.length >= MIN_DIGITS && digest.replace(/^sha256:/, '').startsWith(digits);
}

/** Signs a run off in the caller's transaction and gives the invoices that it releases; undefined when it is not in review. */
export async function signOff(
  transaction: Transaction,
  effects: Effects,
  { runId, by, reviewed }: SignOff,
): Promise<readonly string[] | undefined> {
  const approved = await transaction.first(billingRunApprove, {
    run_id: runId,
    approver: by.kind === 'person' ? by.approver : null,
    approval_rule: by.kind === 'rule' ? by.rule : null,
    approved_at: effects.now(),
    reviewed_digest: reviewed,
  });
  if (!approved) return undefined;
  const columns = { run_id: runId, fencing_token: approved.fencing_token };
  const released = await transaction.rows(invoiceApproveOfRun, columns);
  await transaction.rows(billingRunAdvance, { ...columns, from_status: 'approved', to_status: 'issuing' });
  if (released.length === 0)
    await transaction.rows(billingRunAdvance, { ...columns, from_status: 'issuing', to_status: 'issued' });
  await compareLeftOver(transaction, effects);
  const invoices = released.map((row) => row.invoice_id).sort();
  await recordEvents(
    transaction,
    effects,
    invoices.map((invoiceId) => ({ type: 'invoice.approved' as const, data: { invoiceId, runId } })),
  );
  return invoices;
}
