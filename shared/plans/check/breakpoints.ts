import { Exact } from '../../exact/exact.ts';
import type { Condition, Formula } from '../formula/tree.ts';
import type { LineContext } from './line-context.ts';
import { Normaliser } from './proof/normalise.ts';
import type { Polynomial } from './proof/polynomial.ts';
import { reduceFormula, unreachable } from './proof/reduce.ts';
import { rootsOf } from './roots.ts';

const MOST_PER_INPUT = 24;

/** By input, the values at which the formula changes its form: bounds of tiers, of conditions, of min and max. */
export type Breakpoints = ReadonlyMap<string, readonly Exact[]>;

/** Finds them by writing each pair that is compared as a difference and solving for one input, the others being 0. */
export function breakpointsOf(context: LineContext): Breakpoints {
  const finder = new Finder(context);
  finder.formula(context.formula);
  if (context.usesSubtotal) for (const { reduced } of context.above) finder.formula(reduced);
  return finder.found;
}

class Finder {
  readonly found = new Map<string, Exact[]>();
  readonly #context: LineContext;
  readonly #normal: Normaliser;

  constructor(context: LineContext) {
    this.#context = context;
    this.#normal = new Normaliser(context.space.table, context.space.rates, new Map());
  }

  formula(formula: Formula): void {
    switch (formula.kind) {
      case 'number':
      case 'name':
        break;
      case 'negate':
        this.formula(formula.operand);
        break;
      case 'arithmetic':
        this.formula(formula.left);
        this.formula(formula.right);
        break;
      case 'call':
        this.#call(formula);
        break;
      case 'rated':
        this.formula(formula.quantity);
        this.#tiers(formula);
        break;
      case 'choose':
        this.#condition(formula.condition);
        this.formula(formula.whenTrue);
        this.formula(formula.whenFalse);
        break;
      default:
        unreachable(formula);
    }
  }

  #condition(condition: Condition): void {
    switch (condition.kind) {
      case 'not':
        this.#condition(condition.operand);
        break;
      case 'logic':
        this.#condition(condition.left);
        this.#condition(condition.right);
        break;
      case 'compare':
        this.formula(condition.left);
        this.formula(condition.right);
        this.#roots(this.#form(condition.left).subtract(this.#form(condition.right)));
        break;
      default:
        unreachable(condition);
    }
  }

  #call(call: Extract<Formula, { kind: 'call' }>): void {
    for (const argument of call.args) this.formula(argument);
    const [first, ...others] = call.args.map((argument) => this.#form(argument));
    if (first === undefined) return;
    this.#roots(first);
    for (const other of others) this.#roots(first.subtract(other));
  }

  #tiers(formula: Extract<Formula, { kind: 'rated' }>): void {
    const rate = this.#context.space.rates.get(formula.rate);
    const quantity = this.#form(formula.quantity);
    this.#roots(quantity);
    for (const tier of rate?.tiers ?? []) if (tier.upTo !== null) this.#roots(quantity, tier.upTo);
  }

  #form(formula: Formula): Polynomial {
    return this.#normal.normalise(reduceFormula(formula), this.#context.now);
  }

  #roots(expression: Polynomial, level = Exact.zero): void {
    for (const { input, value } of rootsOf(this.#context.space.table, expression, level)) {
      if (value.sign() > 0) this.#add(input, value);
    }
  }

  #add(input: string, value: Exact): void {
    const values = this.found.get(input) ?? [];
    if (values.length >= MOST_PER_INPUT || values.some((known) => known.equals(value))) return;
    this.found.set(input, [...values, value]);
  }
}
