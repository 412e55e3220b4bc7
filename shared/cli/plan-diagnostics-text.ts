import type { Diagnostic } from '../plans/diagnostic.ts';
import type { Style } from './terminal/style.ts';
import { counted, indent, plain } from './terminal/table.ts';

/** The formulas of a plan by line key. */
export type Formulas = ReadonlyMap<string, string>;

/** Findings as people read them: what, where in the formula, and a usage that shows it. */
export function diagnosticsText(diagnostics: readonly Diagnostic[], formulas: Formulas, style: Style): string {
  return diagnostics.map((diagnostic) => diagnosticText(diagnostic, formulas, style)).join('\n\n');
}

/** `2 errors, 1 warning`. */
export function countText(diagnostics: readonly Diagnostic[], style: Style): string {
  const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
  const warnings = diagnostics.length - errors;
  const parts = [
    ...(errors > 0 ? [style.bad(counted(errors, 'error'))] : []),
    ...(warnings > 0 ? [style.warning(counted(warnings, 'warning'))] : []),
  ];
  return parts.length === 0 ? style.good('nothing found') : parts.join(', ');
}

function diagnosticText(diagnostic: Diagnostic, formulas: Formulas, style: Style): string {
  const paint = diagnostic.severity === 'error' ? style.bad : style.warning;
  const where = diagnostic.line === null ? '' : ` in line ${style.bold(plain(diagnostic.line))}`;
  const lines = [`${paint(diagnostic.severity)} ${diagnostic.code}${where}`];
  const formula = diagnostic.line === null ? undefined : formulas.get(diagnostic.line);
  if (formula !== undefined && diagnostic.start !== null && diagnostic.end !== null) {
    lines.push(indent(underlined(formula, diagnostic.start, diagnostic.end, paint, style.width - 4), 2));
  }
  lines.push(indent(plain(diagnostic.message), 2));
  const usage = Object.entries(diagnostic.counterexample ?? {});
  if (usage.length > 0)
    lines.push(
      indent(style.dim(`for example with ${usage.map(([metric, value]) => `${metric} = ${value}`).join(', ')}`), 2),
    );
  return lines.join('\n');
}

/** The formula in one line with marks under the place; of a long one, the part around it. */
function underlined(formula: string, start: number, end: number, paint: Style['bold'], width: number): string {
  const room = Math.max(20, width);
  const text = formula.replace(/\s/g, ' ');
  const from = text.length <= room ? 0 : Math.max(0, Math.min(start - Math.floor(room / 4), text.length - room));
  const shown = plain(text.slice(from, from + room));
  const before = from > 0 ? '…' : '';
  const after = from + room < text.length ? '…' : '';
  const first = Math.min(Math.max(0, start - from), shown.length);
  const marks = Math.max(1, Math.min(end - from, shown.length) - first);
  return `${before}${shown}${after}\n${' '.repeat(before.length + first)}${paint('^'.repeat(marks))}`;
}
