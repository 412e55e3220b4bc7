import { ConfigurationError } from '../configuration/configuration.ts';
import { sqlStateOf } from '../database/sqlstate.ts';
import type { CommandOutcome } from './outcome.ts';

const ADVICE_BY_SQLSTATE: Readonly<Record<string, { readonly reason: string; readonly advice: string }>> = {
  DB001: { reason: 'transition_not_allowed', advice: 'Look at the present state with "daybook status".' },
  DB002: { reason: 'immutable', advice: 'Record a correction as something new.' },
  DB003: { reason: 'second_person_needed', advice: 'Ask someone else with the role approver or finance.' },
  DB004: { reason: 'lines_do_not_add_up', advice: 'Rate the run again; nothing was written.' },
  DB005: { reason: 'day_is_closed_or_not_ready', advice: 'Choose a day after the last closed period.' },
  '3D000': { reason: 'no_such_database', advice: 'Correct the database name in DATABASE_URL.' },
  '28000': { reason: 'database_login', advice: 'Correct user or password in DATABASE_URL, or DATABASE_ROLE.' },
  '28P01': { reason: 'database_login', advice: 'Correct the password in DATABASE_URL.' },
  '22023': {
    reason: 'database_role',
    advice: 'The role in DATABASE_ROLE is unknown to the server: apply sql/migrations to it.',
  },
  '42P01': { reason: 'no_schema', advice: 'The database has no Daybook schema: apply sql/migrations to it.' },
  '42501': { reason: 'not_permitted', advice: 'The role in DATABASE_ROLE may not do this: use daybook_app.' },
};

const NETWORK_CODES = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENOENT',
]);

/** What a thrown error means to the person at the terminal; undefined when it is a fault of Daybook itself. */
export function explainFault(error: unknown): CommandOutcome | undefined {
  if (error instanceof ConfigurationError) return { kind: 'refused', reason: 'configuration', message: error.message };
  const state = sqlStateOf(error);
  const known = state === undefined ? undefined : ADVICE_BY_SQLSTATE[state];
  if (known !== undefined) {
    const hint = (error as { readonly hint?: unknown }).hint;
    const advice = typeof hint === 'string' ? hint : known.advice;
    return { kind: 'refused', reason: known.reason, message: `${sentence((error as Error).message)} ${advice}` };
  }
  const code = networkCodeOf(error);
  if (code === undefined) return undefined;
  return {
    kind: 'refused',
    reason: 'database_unreachable',
    message: `The database does not answer (${code}): start it, with "npm start" for the local stack, or correct DATABASE_URL.`,
  };
}

/** The system's code of a failed connection; one that tried several addresses carries one error for each. */
function networkCodeOf(error: unknown): string | undefined {
  if (!(error instanceof Error)) return undefined;
  const { code } = error as Error & { readonly code?: unknown };
  if (typeof code === 'string' && NETWORK_CODES.has(code)) return code;
  return error instanceof AggregateError ? networkCodeOf(error.errors[0]) : undefined;
}

function sentence(text: string): string {
  const capital = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(capital) ? capital : `${capital}.`;
}
