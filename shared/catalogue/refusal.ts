import { REFUSALS, sqlStateOf } from '../database/sqlstate.ts';

/** Something that a rule does not allow. `detail` says what, why, and what to do, for the person who asked. */
export interface Refusal<Reason extends string = never> {
  readonly kind: 'refused';
  readonly reason: Reason | 'not_found' | 'state' | (typeof REFUSALS)[keyof typeof REFUSALS];
  readonly detail: string;
}

export function refuse<Reason extends string>(reason: Refusal<Reason>['reason'], detail: string): Refusal<Reason> {
  return { kind: 'refused', reason, detail };
}

/**
 * Runs work whose rules the database enforces, and turns the database's refusal into a value. Other errors are thrown.
 * The work must be a whole transaction: after a refusal nothing of it remains.
 */
export async function asRefusal<T>(work: () => Promise<T>): Promise<T | Refusal> {
  try {
    return await work();
  } catch (error) {
    const state = sqlStateOf(error);
    if (!(error instanceof Error) || state === undefined || !isRefusal(state)) throw error;
    const hint = 'hint' in error && typeof error.hint === 'string' ? ` ${error.hint}` : '';
    return refuse<never>(REFUSALS[state], `${error.message}.${hint}`);
  }
}

function isRefusal(state: string): state is keyof typeof REFUSALS {
  return Object.hasOwn(REFUSALS, state);
}
