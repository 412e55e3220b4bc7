import { buildTree } from './build-tree.ts';
import { parseToSteps } from './expression-parser.ts';
import { tokenize } from './lexer.ts';
import { type FormulaProblem, FormulaRefusal } from './refusal.ts';
import { readStructure } from './structure.ts';
import type { Formula } from './tree.ts';

/** Bytes of a formula's text. Only ASCII is allowed in it, so that characters count the same. */
export const MAX_FORMULA_BYTES = 4096;

export type FormulaReading =
  | { readonly kind: 'parsed'; readonly formula: Formula }
  | { readonly kind: 'refused'; readonly diagnostic: FormulaProblem };

function refused(problem: FormulaProblem): FormulaReading {
  return { kind: 'refused', diagnostic: problem };
}

/**
 * Reads a formula. The text passes our own limits, alphabet and structure first; then the library parses it; then its
 * output becomes our tree, step by step, by an allow-list. Nothing of it is ever evaluated by the library.
 */
export function parseFormula(text: string): FormulaReading {
  if (text.length > MAX_FORMULA_BYTES) {
    return refused({
      code: 'formula-too-long',
      start: 0,
      end: text.length,
      message: `the formula has ${text.length} characters; the limit is ${MAX_FORMULA_BYTES}, so split it into more lines`,
    });
  }
  try {
    const structure = readStructure(tokenize(text));
    return { kind: 'parsed', formula: buildTree(structure, parseToSteps(text)) };
  } catch (problem) {
    if (problem instanceof FormulaRefusal) return refused(problem.problem);
    const reason = problem instanceof Error ? problem.message.slice(0, 120) : 'unknown';
    return refused({
      code: 'syntax',
      start: 0,
      end: text.length,
      message: `the formula cannot be read (${reason}); simplify it`,
    });
  }
}
