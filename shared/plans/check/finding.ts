import type { Diagnostic, DiagnosticCode } from '../diagnostic.ts';
import type { Span } from '../formula/tree.ts';
import { DIAGNOSTIC_CODES } from './codes.ts';
import type { Counterexample } from './counterexample.ts';

/** A finding about the plan as a whole. */
export function planFinding(code: DiagnosticCode, message: string): Diagnostic {
  return { code, severity: DIAGNOSTIC_CODES[code].severity, line: null, start: null, end: null, message };
}

/** A finding about a place in a line's formula. */
export function lineFinding(
  code: DiagnosticCode,
  line: string,
  span: Span,
  message: string,
  counterexample?: Counterexample,
): Diagnostic {
  return {
    code,
    severity: DIAGNOSTIC_CODES[code].severity,
    line,
    start: span.start,
    end: span.end,
    message,
    ...(counterexample === undefined ? {} : { counterexample }),
  };
}

const LONGEST_EXCERPT = 60;

/** The text of a place, for messages. */
export function excerpt(formula: string, span: Span): string {
  const text = formula.slice(span.start, span.end);
  return text.length > LONGEST_EXCERPT ? `"${text.slice(0, LONGEST_EXCERPT)}…"` : `"${text}"`;
}

/** A usage as a sentence has it: `requests = 1000, data_gb = 0`. */
export function inWords(usage: Counterexample): string {
  const parts = Object.entries(usage).map(([name, value]) => `${name} = ${value}`);
  return parts.length === 0 ? 'any usage' : parts.join(', ');
}
