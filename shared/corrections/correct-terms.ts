import { openRerating } from '../billing/open-rerating.ts';
import { runIdOf } from '../billing/pinned-run.ts';
import { billingPeriod } from '../calendar/billing-period.ts';
import { asRefusal, type Refusal } from '../catalogue/refusal.ts';
import { decideTermCorrection, type TermsDecision } from '../catalogue/term-corrections.ts';
import type { Database } from '../database/database.ts';
import { billingRunLock } from '../database/queries.generated.ts';
import type { Effects } from '../effects/effects.ts';

export type CorrectTermsOutcome =
  | { readonly kind: 'approved'; readonly number: number; readonly rerating: 'late' | 'unchanged' }
  | { readonly kind: 'rejected'; readonly number: number }
  | Refusal<'terms' | 'overlapping' | 'errors' | 'warnings' | 'role'>;

/**
 * Decides on corrected terms. An approval opens the rerating of their period in the same transaction; what the customer
 * was billed is then compared, and the difference becomes an adjustment.
 */
export async function correctTerms(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  given: TermsDecision,
  decision: 'approved' | 'rejected',
): Promise<CorrectTermsOutcome> {
  const period = billingPeriod(given.period);
  return asRefusal(() =>
    database.transaction(
      { actor: given.approver, why: given.why },
      async (transaction): Promise<CorrectTermsOutcome> => {
        const offCycle = await transaction.first(billingRunLock, { run_id: runIdOf(period, given.contractId) });
        const month = offCycle ? undefined : await transaction.first(billingRunLock, { run_id: period });
        const decided = await decideTermCorrection(transaction, given, decision);
        if (decided.kind === 'refused') return decided;
        if (decision === 'rejected') return { kind: 'rejected', number: decided.number };
        const change = { cause: 'corrected_terms', author: decided.author } as const;
        const rerating = await openRerating(transaction, effects, (offCycle ?? month)?.run_id ?? period, change);
        return { kind: 'approved', number: decided.number, rerating };
      },
    ),
  );
}
