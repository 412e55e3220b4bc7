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
