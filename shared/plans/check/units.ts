import type { Diagnostic, DiagnosticCode } from '../diagnostic.ts';
import type { Condition, Formula, Span } from '../formula/tree.ts';
import type { PlanDocument, PlanLine } from '../plan-document.ts';
import { dimensionless, divideUnits, equalUnits, formatUnit, multiplyUnits, type Unit, unit } from '../unit.ts';
import { excerpt, lineFinding } from './finding.ts';
import { unreachable } from './proof/reduce.ts';

/** What is known of a value's unit. Zero fits any unit; a bare number has none; after a finding nothing is known. */
type Measure =
  | { readonly kind: 'unit'; readonly unit: Unit }
  | { readonly kind: 'zero' }
  | { readonly kind: 'bare'; readonly span: Span }
  | { readonly kind: 'unknown' };

const zero: Measure = { kind: 'zero' };
const unknown: Measure = { kind: 'unknown' };
const day: Unit = new Map([['day', 1]]);

/** Units of the names that every formula has; both counts of days are in days, so that their quotient has no unit. */
function builtinUnit(name: string, currency: Unit): Unit | undefined {
  switch (name) {
    case 'period_days':
    case 'active_days':
      return day;
    case 'subtotal':
      return currency;
    default:
      return undefined;
  }
}

/** Findings about the units of one line, whose names are all known. Each mistake is reported once, where it is made. */
export function unitFindings(plan: PlanDocument, line: PlanLine, formula: Formula): Diagnostic[] {
  const reader = new UnitReader(plan, line);
  reader.line(formula);
  return reader.findings;
}

class UnitReader {
  readonly findings: Diagnostic[] = [];
  readonly #plan: PlanDocument;
  readonly #line: PlanLine;
  readonly #currency: Unit;

  constructor(plan: PlanDocument, line: PlanLine) {
    this.#plan = plan;
    this.#line = line;
    this.#currency = unit(plan.currency);
  }

  line(formula: Formula): void {
    const { currency } = this.#plan;
    const measure = this.#read(formula);
    if (measure.kind === 'bare') {
      const message = `${this.#text(measure.span)} has no unit, but a line must be an amount in ${currency}. Name the amount as a parameter in ${currency}.`;
      this.#report('unit-missing', measure.span, message);
    }
    if (measure.kind === 'unit' && !equalUnits(measure.unit, this.#currency)) {
      const message = `The line comes out in ${formatUnit(measure.unit)}, but it must be an amount in ${currency}. Multiply by a price, or correct the units of its parameters.`;
      this.#report('line-unit', formula.span, message);
    }
  }

  #read(formula: Formula): Measure {
    switch (formula.kind) {
      case 'number':
        return formula.value.isZero() ? zero : { kind: 'bare', span: formula.span };
      case 'name':
        return { kind: 'unit', unit: this.#unitOf(formula.name) };
      case 'negate':
        return this.#read(formula.operand);
      case 'arithmetic':
        return this.#arithmetic(formula);
      case 'call':
        return this.#call(formula);
      case 'rated':
        return this.#rated(formula);
      case 'choose':
        this.#condition(formula.condition);
        return this.#same([formula.whenTrue, formula.whenFalse], formula.span, 'be the two results of one condition');
      default:
        return unreachable(formula);
    }
  }

  #condition(condition: Condition): void {
    switch (condition.kind) {
      case 'compare':
        this.#same([condition.left, condition.right], condition.span, 'be compared');
        break;
      case 'logic':
        this.#condition(condition.left);
        this.#condition(condition.right);
        break;
      case 'not':
        this.#condition(condition.operand);
        break;
      default:
        unreachable(condition);
    }
  }

  #unitOf(name: string): Unit {
    const declared = this.#plan.metrics[name]?.unit ?? this.#plan.parameters[name]?.unit;
    return builtinUnit(name, this.#currency) ?? (declared === undefined ? dimensionless : unit(declared));
  }

  #arithmetic(formula: Extract<Formula, { kind: 'arithmetic' }>): Measure {
    switch (formula.operator) {
      case '+':
        return this.#same([formula.left, formula.right], formula.span, 'be added');
      case '-':
        return this.#same([formula.left, formula.right], formula.span, 'be subtracted');
      case '*':
      case '/':
        return this.#scaled(formula);
      default:
        return unreachable(formula.operator);
    }
  }

  #scaled(formula: Extract<Formula, { kind: 'arithmetic' }>): Measure {
    const left = this.#read(formula.left);
    const right = this.#read(formula.right);
    if (left.kind === 'unknown' || right.kind === 'unknown') return unknown;
    if (left.kind === 'zero' || (right.kind === 'zero' && formula.operator === '*')) return zero;
    if (left.kind === 'bare' && right.kind === 'bare') return { kind: 'bare', span: formula.span };
    const [a, b] = [unitIn(left), unitIn(right)];
    return { kind: 'unit', unit: formula.operator === '*' ? multiplyUnits(a, b) : divideUnits(a, b) };
  }

  #call(formula: Extract<Formula, { kind: 'call' }>): Measure {
    const [first, second, third] = formula.args;
    switch (formula.name) {
      case 'min':
      case 'max':
      case 'clamp':
        return this.#same(formula.args, formula.span, `stand together in ${formula.name}`);
      case 'ceil':
      case 'floor':
      case 'abs':
        return first === undefined ? unknown : this.#read(first);
      case 'package':
        if (first === undefined || second === undefined || third === undefined) return unknown;
        this.#same([first, second], formula.span, 'be quantity and size of one package');
        this.#price(third);
        return { kind: 'unit', unit: this.#currency };
      default:
        return unreachable(formula.name);
    }
  }

  #price(formula: Formula): void {
    const measure = this.#read(formula);
    const { currency } = this.#plan;
    const isWrong = measure.kind === 'bare' || (measure.kind === 'unit' && !equalUnits(measure.unit, this.#currency));
    if (!isWrong) return;
    const has = measure.kind === 'unit' ? `is in ${formatUnit(measure.unit)}` : 'has no unit';
    const message = `The price of a package is an amount in ${currency}, but ${this.#text(formula.span)} ${has}. Use a parameter in ${currency}.`;
    this.#report('price-unit', formula.span, message);
  }

  #rated(formula: Extract<Formula, { kind: 'rated' }>): Measure {
    const quantity = this.#read(formula.quantity);
    const per = this.#plan.rates[formula.rate]?.per;
    const amount: Measure = { kind: 'unit', unit: this.#currency };
    if (per === undefined || quantity.kind === 'unknown' || quantity.kind === 'zero') return amount;
    if (equalUnits(unitIn(quantity), unit(per))) return amount;
    const has = quantity.kind === 'bare' ? 'has no unit' : `is in ${formatUnit(quantity.unit)}`;
    const message = `The rate "${formula.rate}" is a price per ${per}, but ${this.#text(formula.quantity.span)} ${has}. Use a rate for that unit, or convert the quantity.`;
    this.#report('rate-unit', formula.quantity.span, message);
    return amount;
  }

  /** The one unit of values that must have the same; `what` completes "they cannot …". */
  #same(formulas: readonly Formula[], span: Span, what: string): Measure {
    const measured = formulas.map((formula) => ({ formula, measure: this.#read(formula) }));
    if (measured.some(({ measure }) => measure.kind === 'unknown')) return unknown;
    const fixed = measured.filter(({ measure }) => measure.kind === 'unit');
    const bare = measured.filter(({ measure }) => measure.kind === 'bare');
    const [first, ...others] = fixed;
    if (first === undefined) return bare.length === 0 ? zero : { kind: 'bare', span };
    const expected = unitIn(first.measure);
    for (const other of others) {
      if (equalUnits(unitIn(other.measure), expected)) continue;
      const message = `${this.#text(first.formula.span)} is in ${formatUnit(expected)} and ${this.#text(other.formula.span)} is in ${formatUnit(unitIn(other.measure))}; they cannot ${what}. Convert one with a parameter, or correct its unit.`;
      this.#report('unit-mismatch', span, message);
      return unknown;
    }
    const [stray] = bare;
    if (stray === undefined || equalUnits(expected, dimensionless)) return first.measure;
    const unitText = formatUnit(expected);
    const message = `${this.#text(stray.formula.span)} has no unit, but ${this.#text(first.formula.span)} is in ${unitText}; they cannot ${what}. Name the number as a parameter in ${unitText}.`;
    this.#report('unit-missing', stray.formula.span, message);
    return unknown;
  }

  #text(span: Span): string {
    return excerpt(this.#line.formula, span);
  }

  #report(code: DiagnosticCode, span: Span, message: string): void {
    this.findings.push(lineFinding(code, this.#line.key, span, message));
  }
}

function unitIn(measure: Measure): Unit {
  return measure.kind === 'unit' ? measure.unit : dimensionless;
}
