import type { ReadingCode } from '../diagnostic.ts';

/** Why a formula is not one, and where. */
export interface FormulaProblem {
  readonly code: ReadingCode;
  /** Half-open UTF-16 positions in the formula's text. */
  readonly start: number;
  readonly end: number;
  readonly message: string;
}

/** Carries a problem out of the reading steps to `parseFormula`, which returns it as a value; it goes no further. */
export class FormulaRefusal extends Error {
  readonly problem: FormulaProblem;

  constructor(problem: FormulaProblem) {
    super(problem.message);
    this.problem = problem;
  }
}

export function refuseFormula(
  code: ReadingCode,
  place: { readonly start: number; readonly end: number },
  message: string,
): never {
  throw new FormulaRefusal({ code, start: place.start, end: place.end, message });
}

/** Formula text as a message quotes it: never more than 40 characters of it. */
export function quoted(text: string): string {
  return text.length > 40 ? `"${text.slice(0, 40)}…"` : `"${text}"`;
}
