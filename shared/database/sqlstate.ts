/** What an SQLSTATE means to us. Decisions are made on these codes, never on message text. */
const RETRYABLE: Readonly<Record<string, string>> = {
  '40001': 'serialization failure: the transaction may simply run again',
  '40P01': 'deadlock: the server chose this transaction to give way',
  '55P03': 'a lock was not available in time',
};

/** Daybook's own refusals, raised by triggers. */
export const REFUSALS = {
  DB001: 'transition_not_allowed',
  DB002: 'immutable',
  DB003: 'self_approval_or_missing_approval',
  DB004: 'lines_do_not_add_up',
  DB005: 'day_is_closed_or_not_ready',
  DB010: 'in_conflict_with_what_is_in_force',
} as const;

/** The SQLSTATE of a thrown error, or undefined when it did not come from the server. */
export function sqlStateOf(error: unknown): string | undefined {
  const code = error instanceof Error ? (error as Error & { code?: unknown }).code : undefined;
  return typeof code === 'string' && /^[0-9A-Z]{5}$/.test(code) ? code : undefined;
}

export function isRetryable(error: unknown): boolean {
  const state = sqlStateOf(error);
  return state !== undefined && state in RETRYABLE;
}

/** An approver, author or releaser that the database does not know as a principal. */
const UNKNOWN_PRINCIPAL = '23503';

/**
 * What a person is told when the database refuses a decision: the sentence of the guard, or that nobody of that name
 * is known. Undefined for an error that is no refusal.
 */
export function refusalOf(error: unknown): string | undefined {
  const state = sqlStateOf(error);
  if (state === undefined) return undefined;
  if (state in REFUSALS) return (error as Error).message;
  if (state !== UNKNOWN_PRINCIPAL) return undefined;
  const { detail } = error as { readonly detail?: unknown };
  const name = typeof detail === 'string' ? /=\(([^)]*)\)/.exec(detail)?.[1] : undefined;
  return `${name ?? 'the one who decides'} is not a known identity; add it to the principals first`;
}
