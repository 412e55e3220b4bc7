import type { BillingPeriod } from '../calendar/billing-period.ts';
import type { Database } from '../database/database.ts';
import { retentionHoldFind, retentionHoldPlace, retentionHoldRelease } from '../database/queries.generated.ts';
import { REFUSALS, sqlStateOf } from '../database/sqlstate.ts';
import type { Effects } from '../effects/effects.ts';

interface HoldDependencies {
  readonly database: Database;
  readonly effects: Effects;
}

export interface HoldRefusal {
  readonly kind: 'refused';
  readonly reason: 'unknown_hold' | 'released_before' | 'no_reason' | (typeof REFUSALS)[keyof typeof REFUSALS];
  /** What, why, and what to do. */
  readonly detail: string;
}

export type HoldOutcome =
  | { readonly kind: 'held'; readonly hold: bigint }
  /** The same person holds it for the same reason already. */
  | { readonly kind: 'held_before' }
  | HoldRefusal;

/** Keeps a month's rows, beyond their time, until somebody else releases it. */
export async function holdMonth(
  { database, effects }: HoldDependencies,
  hold: { readonly month: BillingPeriod; readonly why: string; readonly author: string },
): Promise<HoldOutcome> {
  const { month, author } = hold;
  const why = hold.why.trim();
  if (why === '') return { kind: 'refused', reason: 'no_reason', detail: 'Say why the month is held.' };
  return decided(async (): Promise<HoldOutcome> => {
    const placed = await database.transaction({ actor: author, why }, (transaction) =>
      transaction.first(retentionHoldPlace, { month, why, author, placed_at: effects.now() }),
    );
    return placed === undefined ? { kind: 'held_before' } : { kind: 'held', hold: placed.hold_id };
  });
}

export type ReleaseOutcome = { readonly kind: 'released'; readonly month: string } | HoldRefusal;

/** Ends a hold. The database refuses whoever placed it. */
export async function releaseHold(
  { database, effects }: HoldDependencies,
  release: { readonly hold: bigint; readonly why: string; readonly approver: string },
): Promise<ReleaseOutcome> {
  const { hold, approver } = release;
  const why = release.why.trim();
  if (why === '')
    return { kind: 'refused', reason: 'no_reason', detail: 'Say why the month need not be held any more.' };
  return decided(async (): Promise<ReleaseOutcome> => {
    return database.transaction({ actor: approver, why }, async (transaction): Promise<ReleaseOutcome> => {
      const columns = { hold_id: hold, approver, released_at: effects.now(), released_because: why };
      const released = await transaction.first(retentionHoldRelease, columns);
      if (released !== undefined) return { kind: 'released', month: released.month };
      const found = await transaction.first(retentionHoldFind, { hold_id: hold });
      if (found === undefined) {
        const detail = `There is no hold ${hold}: daybook retention plan lists those in force.`;
        return { kind: 'refused', reason: 'unknown_hold', detail };
      }
      const detail = `Hold ${hold} of ${found.month} was released by ${found.approver} before.`;
      return { kind: 'refused', reason: 'released_before', detail };
    });
  });
}

/** Turns a rule of the database into a value. */
async function decided<T>(work: () => Promise<T>): Promise<T | HoldRefusal> {
  try {
    return await work();
  } catch (error) {
    const state = sqlStateOf(error);
    if (!(error instanceof Error) || state === undefined || !Object.hasOwn(REFUSALS, state)) throw error;
    const hint = 'hint' in error && typeof error.hint === 'string' ? ` ${error.hint}` : '';
    return { kind: 'refused', reason: REFUSALS[state as keyof typeof REFUSALS], detail: `${error.message}.${hint}` };
  }
}
