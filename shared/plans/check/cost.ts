import { minorUnitExponent } from '../../exact/currency.ts';
import type { Exact } from '../../exact/exact.ts';
import type { Diagnostic } from '../diagnostic.ts';
import type { Formula } from '../formula/tree.ts';
import type { PlanDocument, PlanLine } from '../plan-document.ts';
import { rateOf } from '../rates/tier.ts';
import { excerpt, lineFinding } from './finding.ts';
import { unreachable } from './proof/reduce.ts';

/** Rating stops at numbers of more bits than this. */
const MOST_BITS = 4096;

/** A decimal of at most 38 digits and 10^±40, rolled up over a period: its whole part and its decimals, in bits. */
const METRIC_BITS = 280;
const METRIC_DECIMAL_BITS = 134;
const DAY_BITS = 9;
const SUBTOTAL_BITS = 64;
/** Bits of one decimal digit, rounded up. */
const DIGIT_BITS = 4;
const DECIMALS = 'decimals';

/**
 * The most bits that a value can need: of its magnitude, and of each factor that its denominator can have. Factors have
 * names, since the denominator of a sum needs each of them only once.
 */
interface Size {
  readonly magnitude: number;
  readonly denominator: ReadonlyMap<string, number>;
}

/** The places whose value can outgrow the limit for some usage; a place inside another is reported alone. */
export function costFindings(plan: PlanDocument, line: PlanLine, formula: Formula): Diagnostic[] {
  const reader = new SizeReader(plan, line);
  reader.read(formula);
  return reader.findings;
}

class SizeReader {
  readonly findings: Diagnostic[] = [];
  readonly #plan: PlanDocument;
  readonly #line: PlanLine;

  constructor(plan: PlanDocument, line: PlanLine) {
    this.#plan = plan;
    this.#line = line;
  }

  read(formula: Formula): Size {
    const size = this.#size(formula);
    if (bitsOf(size) <= MOST_BITS) return size;
    if (this.findings.length === 0) {
      const message = `For extreme usage ${excerpt(this.#line.formula, formula.span)} needs numbers of more than 1200 digits, and rating would stop there. Multiply and divide fewer values in one line.`;
      this.findings.push(lineFinding('cost-limit', this.#line.key, formula.span, message));
    }
    return { magnitude: 1, denominator: new Map() };
  }

  #size(formula: Formula): Size {
    switch (formula.kind) {
      case 'number':
        return sizeOfNumber(formula.value);
      case 'name':
        return this.#sizeOfName(formula.name);
      case 'negate':
        return this.read(formula.operand);
      case 'arithmetic':
        return this.#arithmetic(formula);
      case 'call':
        return this.#call(formula);
      case 'rated':
        return this.#rated(formula);
      case 'choose':
        this.#condition(formula.condition);
        return either(this.read(formula.whenTrue), this.read(formula.whenFalse));
      default:
        return unreachable(formula);
    }
  }

  #condition(condition: Extract<Formula, { kind: 'choose' }>['condition']): void {
    switch (condition.kind) {
      case 'compare':
        this.read(condition.left);
        this.read(condition.right);
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

  #sizeOfName(name: string): Size {
    const parameter = this.#plan.parameters[name];
    if (parameter !== undefined) return sizeOfText(parameter.value);
    const metric = this.#plan.metrics[name];
    if (metric !== undefined) {
      const decimals: [string, number] = [DECIMALS, METRIC_DECIMAL_BITS];
      const shares: [string, number][] = metric.rollup === 'mean' ? [[`days of ${name}`, DAY_BITS]] : [];
      return { magnitude: METRIC_BITS, denominator: new Map([decimals, ...shares]) };
    }
    if (name !== 'subtotal') return { magnitude: DAY_BITS, denominator: new Map() };
    const decimals = minorUnitExponent(this.#plan.currency) * DIGIT_BITS;
    return { magnitude: SUBTOTAL_BITS, denominator: new Map([[DECIMALS, decimals]]) };
  }

  #arithmetic(formula: Extract<Formula, { kind: 'arithmetic' }>): Size {
    const left = this.read(formula.left);
    const right = this.read(formula.right);
    switch (formula.operator) {
      case '+':
      case '-':
        return longer(either(left, right));
      case '*':
        return product(left, right);
      case '/':
        return product(left, this.#inverse(formula.right, right));
      default:
        return unreachable(formula.operator);
    }
  }

  /** 1 ÷ value: at most its denominator, over its numerator. */
  #inverse(divisor: Formula, size: Size): Size {
    const factor = excerpt(this.#line.formula, divisor.span);
    return { magnitude: denominatorBits(size), denominator: new Map([[factor, bitsOf(size)]]) };
  }

  #call(formula: Extract<Formula, { kind: 'call' }>): Size {
    const sizes = formula.args.map((argument) => this.read(argument));
    const [first, second, third] = sizes;
    const [, sizeFormula] = formula.args;
    const all = sizes.reduce(either);
    switch (formula.name) {
      case 'min':
      case 'max':
      case 'clamp':
      case 'abs':
        return all;
      case 'ceil':
      case 'floor':
        return longer({ magnitude: all.magnitude, denominator: new Map() });
      case 'package': {
        if (first === undefined || second === undefined || third === undefined || sizeFormula === undefined) return all;
        const packages = product(first, this.#inverse(sizeFormula, second));
        return product(longer({ magnitude: packages.magnitude, denominator: new Map() }), third);
      }
      default:
        return unreachable(formula.name);
    }
  }

  #rated(formula: Extract<Formula, { kind: 'rated' }>): Size {
    const quantity = this.read(formula.quantity);
    const document = this.#plan.rates[formula.rate];
    const tiers = document === undefined ? [] : rateOf(document).tiers;
    let amount = quantity;
    for (const { upTo, unitPrice, flat } of tiers) {
      const part = either(quantity, upTo === null ? quantity : sizeOfNumber(upTo));
      amount = longer(
        either(amount, longer(either(product(longer(part), sizeOfNumber(unitPrice)), sizeOfNumber(flat)))),
      );
    }
    return amount;
  }
}

function sizeOfText(value: string): Size {
  const [whole = '', decimals = ''] = value.split('.');
  return {
    magnitude: (whole.length + 1) * DIGIT_BITS,
    denominator: new Map([[DECIMALS, decimals.length * DIGIT_BITS]]),
  };
}

function sizeOfNumber(value: Exact): Size {
  return sizeOfText(value.toString());
}

function denominatorBits(size: Size): number {
  return [...size.denominator.values()].reduce((sum, bits) => sum + bits, 0);
}

function bitsOf(size: Size): number {
  return size.magnitude + denominatorBits(size);
}

function longer(size: Size): Size {
  return { ...size, magnitude: size.magnitude + 1 };
}

function either(left: Size, right: Size): Size {
  const denominator = new Map(left.denominator);
  for (const [factor, bits] of right.denominator) {
    denominator.set(factor, Math.max(bits, denominator.get(factor) ?? 0));
  }
  return { magnitude: Math.max(left.magnitude, right.magnitude), denominator };
}

function product(left: Size, right: Size): Size {
  const denominator = new Map(left.denominator);
  for (const [factor, bits] of right.denominator) denominator.set(factor, bits + (denominator.get(factor) ?? 0));
  return { magnitude: left.magnitude + right.magnitude, denominator };
}
