import { periodDays, periodOf } from '../calendar/billing-period.ts';
import { addDays, compareDays, type UtcDay, utcDay } from '../calendar/utc-day.ts';
import type { Database } from '../database/database.ts';
import { billingRunLock, contractFind } from '../database/queries.generated.ts';
import { refusalOf } from '../database/sqlstate.ts';
import type { Effects } from '../effects/effects.ts';
import { isComplete } from '../usage/completeness.ts';
import { type CollectOutcome, lookAtRun, openRun } from './collect-run.ts';
import { runIdOf } from './pinned-run.ts';

export type OpenOutcome =
  | { readonly kind: 'opened'; readonly runId: string; readonly outcome: CollectOutcome }
  | { readonly kind: 'refused'; readonly reason: string };

/**
 * Opens the off-cycle run of a contract that has ended inside a month: it bills the contract's days of that month at
 * once, and the run of the month leaves them out (promises 5 and 7). A run of the month that waits for its review is
 * rated anew without them; one that was signed off has billed them already, and the opening is refused.
 */
export async function openOffCycleRun(
  { database, effects }: { readonly database: Database; readonly effects: Effects },
  contractId: string,
  actor: string,
): Promise<OpenOutcome> {
  const contract = await database.first(contractFind, { contract_id: contractId });
  if (!contract) return refused(`there is no contract ${contractId.slice(0, 100)}`);
  const { starts_on: startsOn, ends_on: endsOn, status } = contract;
  if (endsOn === null || (status !== 'ended' && status !== 'active'))
    return refused(`contract ${contractId} is ${status} and has not ended; end it first`);
  const end = utcDay(endsOn);
  if (compareDays(end, utcDay(effects.now().toISOString().slice(0, 10))) > 0 || endsOn <= startsOn)
    return refused(`contract ${contractId} ends on ${endsOn}; its last day is not over, or it never had one`);
  const period = periodOf(addDays(end, -1));
  const month = periodDays(period);
  if (end === month.to) return refused(`contract ${contractId} ends with ${period}; the run of that month bills it`);
  const days = { from: later(utcDay(startsOn), month.from), to: end };
  if (!(await isComplete(database, days)))
    return refused(
      `the days from ${days.from} until ${days.to} are not complete: see daybook usage completeness --period ${period}`,
    );
  try {
    return await database.transaction(
      { actor, why: `contract ${contractId} has ended` },
      async (transaction): Promise<OpenOutcome> => {
        // Locked first, as everyone does: the run of the month loses the days, and is rated anew without them.
        const ofMonth = await transaction.first(billingRunLock, { run_id: period });
        const opened = await openRun(transaction, effects, { period, ...days, contractId });
        const runId = runIdOf(period, contractId);
        if (opened === 'there_already') return refused(`contract ${contractId} has its run: daybook run show ${runId}`);
        if (ofMonth) await lookAtRun(transaction, effects, period);
        const outcome = await lookAtRun(transaction, effects, runId);
        return { kind: 'opened', runId, outcome };
      },
    );
  } catch (error) {
    const refusal = refusalOf(error);
    if (refusal !== undefined) return refused(refusal);
    throw error;
  }
}

function later(a: UtcDay, b: UtcDay): UtcDay {
  return compareDays(a, b) < 0 ? b : a;
}

function refused(reason: string): OpenOutcome {
  return { kind: 'refused', reason };
}
