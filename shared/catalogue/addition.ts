/** What an addition to the catalogue did. Adding the same again changes nothing; adding something else is refused. */
export type Addition =
  | { readonly kind: 'added' }
  | { readonly kind: 'unchanged' }
  | {
      readonly kind: 'refused';
      readonly reason: 'different' | 'invalid' | 'overlapping' | 'unknown';
      readonly detail: string;
    };

export const ADDED: Addition = { kind: 'added' };
export const UNCHANGED: Addition = { kind: 'unchanged' };

type Fields = Readonly<Record<string, string | number | null>>;

/** Compares what was given with what exists, field by field. `subject` names it: `metric requests`. */
export function sameOrRefused(subject: string, given: Fields, existing: Fields): Addition {
  const differences = Object.keys(given)
    .filter((field) => given[field] !== existing[field])
    .map((field) => `${field} is ${existing[field] ?? 'not set'} and not ${given[field] ?? 'empty'}`);
  if (differences.length === 0) return UNCHANGED;
  return refused('different', `${subject} exists already with other content: ${differences.join(', ')}`);
}

export function refused(reason: Extract<Addition, { kind: 'refused' }>['reason'], detail: string): Addition {
  return { kind: 'refused', reason, detail };
}

/** The row that must exist because the database just refused to add it a second time. */
export function existingRow<Row>(row: Row | undefined, subject: string): Row {
  if (row === undefined)
    throw new Error(`${subject} was there a moment ago and is gone; nothing is ever removed from the catalogue`);
  return row;
}
