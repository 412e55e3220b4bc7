import { Exact } from '../exact/exact.ts';
import type { Diagnostic } from './diagnostic.ts';
import { parseFormula } from './formula/parse.ts';
import type { Condition, Formula, Span } from './formula/tree.ts';
import { isBuiltinName } from './names.ts';
import type { PlanDocument, PlanLine, PlanRate } from './plan-document.ts';

/** The formulas of a plan by the key of their line. */
export type PlanFormulas = ReadonlyMap<string, Formula>;

export type FormulasReading =
  | { readonly kind: 'read'; readonly formulas: PlanFormulas }
  | { readonly kind: 'refused'; readonly diagnostics: readonly Diagnostic[] };

interface NameUse {
  readonly kind: 'value' | 'rate';
  readonly name: string;
  readonly span: Span;
}

/** Every place where the formula uses a name, in the order of its text. */
export function namesUsed(formula: Formula | Condition): NameUse[] {
  switch (formula.kind) {
    case 'number':
      return [];
    case 'name':
      return [{ kind: 'value', name: formula.name, span: formula.span }];
    case 'negate':
    case 'not':
      return namesUsed(formula.operand);
    case 'arithmetic':
    case 'compare':
    case 'logic':
      return [...namesUsed(formula.left), ...namesUsed(formula.right)];
    case 'call':
      return formula.args.flatMap((arg) => namesUsed(arg));
    case 'rated':
      return [...namesUsed(formula.quantity), { kind: 'rate', name: formula.rate, span: formula.rateSpan }];
    case 'choose':
      return [formula.condition, formula.whenTrue, formula.whenFalse].flatMap((part) => namesUsed(part));
    default:
      return formula satisfies never;
  }
}

function isValueName(plan: PlanDocument, name: string): boolean {
  return isBuiltinName(name) || Object.hasOwn(plan.metrics, name) || Object.hasOwn(plan.parameters, name);
}

function nameDiagnostic(plan: PlanDocument, line: PlanLine, use: NameUse): Diagnostic | undefined {
  const isRate = Object.hasOwn(plan.rates, use.name);
  if (use.kind === 'rate' ? isRate : isValueName(plan, use.name)) return undefined;
  const place = { severity: 'error', line: line.key, start: use.span.start, end: use.span.end } as const;
  if (use.kind === 'rate') {
    return {
      ...place,
      code: 'unknown-rate',
      message: `"${use.name}" is not a rate of this plan; define it under rates or correct the name`,
    };
  }
  const message = isRate
    ? `"${use.name}" is a rate; use it as graduated(quantity, ${use.name}) or volume(quantity, ${use.name})`
    : `"${use.name}" is not a metric or parameter of this plan; define it or correct the name`;
  return { ...place, code: 'unknown-name', message };
}

function tierProblem(rate: PlanRate): string | undefined {
  let above = Exact.zero;
  for (const [index, { upTo }] of rate.tiers.entries()) {
    const isLast = index === rate.tiers.length - 1;
    if (upTo === null && !isLast) return `tier ${index + 1} is open (upTo null) but is not the last; give it a bound`;
    if (upTo === null) return undefined;
    if (isLast) return `the last tier ends at ${upTo}; set its upTo to null so that every quantity has a price`;
    const bound = Exact.parse(upTo);
    if (bound.compare(above) <= 0)
      return `tier ${index + 1} ends at ${upTo}, which is not above ${above}; put the tiers in ascending order`;
    above = bound;
  }
  return undefined;
}

function rateDiagnostics(plan: PlanDocument): Diagnostic[] {
  return Object.entries(plan.rates).flatMap(([name, rate]) => {
    const problem = tierProblem(rate);
    const place = { severity: 'error', line: null, start: null, end: null } as const;
    return problem === undefined
      ? []
      : [{ ...place, code: 'tiers-unusable' as const, message: `rates.${name}: ${problem}` }];
  });
}

/** Reads every formula of a plan and resolves its names. A refusal lists all problems that make rating impossible. */
export function readFormulas(plan: PlanDocument): FormulasReading {
  const formulas = new Map<string, Formula>();
  const diagnostics = rateDiagnostics(plan);
  for (const line of plan.lines) {
    const reading = parseFormula(line.formula);
    if (reading.kind === 'refused') {
      diagnostics.push({ ...reading.diagnostic, severity: 'error', line: line.key });
      continue;
    }
    formulas.set(line.key, reading.formula);
    for (const use of namesUsed(reading.formula)) {
      const diagnostic = nameDiagnostic(plan, line, use);
      if (diagnostic !== undefined) diagnostics.push(diagnostic);
    }
  }
  return diagnostics.length === 0 ? { kind: 'read', formulas } : { kind: 'refused', diagnostics };
}
