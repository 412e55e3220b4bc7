import { type PlanDocument, parsePlanDocument } from '../../../shared/plans/plan-document.ts';
import type { SeededRandom } from './seeded-random.ts';

type Kind = 'money' | 'data' | 'requests' | 'ratio';

const LEAVES: Readonly<Record<Kind, readonly string[]>> = {
  money: ['fee', 'cap', 'small_fee', '0', 'credit'],
  data: ['a', 'b', 'a', 'b', 'included', '0'],
  requests: ['c', 'c', 'free', '0'],
  ratio: ['off', 'share', '2', '0.5', 'active_days / period_days'],
};

/** Well-typed formulas over three metrics, with every operator and function of the language. */
class FormulaWriter {
  readonly #random: SeededRandom;
  readonly #hasSubtotal: boolean;

  constructor(random: SeededRandom, hasSubtotal: boolean) {
    this.#random = random;
    this.#hasSubtotal = hasSubtotal;
  }

  write(kind: Kind, depth: number): string {
    if (depth === 0) return this.#leaf(kind);
    const forms: (() => string)[] = [
      () => `${this.write(kind, depth - 1)} + ${this.write(kind, depth - 1)}`,
      () => `${this.write(kind, depth - 1)} - (${this.write(kind, depth - 1)})`,
      () => `max(${this.write(kind, depth - 1)}, ${this.write(kind, depth - 1)})`,
      () => `max(0, ${this.write(kind, depth - 1)} - (${this.write(kind, depth - 1)}))`,
      () => `min(${this.write(kind, depth - 1)}, ${this.write(kind, depth - 1)})`,
      () => `clamp(${this.write(kind, depth - 1)}, ${this.#leaf(kind)}, ${this.write(kind, depth - 1)})`,
      () => `(${this.#condition(depth - 1)} ? ${this.write(kind, depth - 1)} : ${this.write(kind, depth - 1)})`,
      () => `(${this.write(kind, depth - 1)}) * (${this.write('ratio', depth - 1)})`,
      ...this.#formsOf(kind, depth),
    ];
    return this.#random.pick(forms)();
  }

  #leaf(kind: Kind): string {
    if (kind === 'money' && this.#hasSubtotal && this.#random.chance(30)) return 'subtotal';
    return this.#random.pick(LEAVES[kind]);
  }

  #formsOf(kind: Kind, depth: number): (() => string)[] {
    const inner = (of: Kind): string => this.write(of, depth - 1);
    switch (kind) {
      case 'money':
        return [
          () => `(${inner('data')}) * price`,
          () => `(${inner('requests')}) * request_price`,
          () => `graduated(${this.#quantity('data', depth)}, ${this.#random.pick(['steps', 'discounted'])})`,
          () => `volume(${this.#quantity('data', depth)}, ${this.#random.pick(['steps', 'climbing'])})`,
          () => `volume(${this.#quantity('requests', depth)}, per_request)`,
          () => `package(${this.#quantity('requests', depth)}, bundle, small_fee)`,
          () => `(${inner('money')}) * active_days / period_days`,
          () => `(${inner('money')}) / (${inner('ratio')})`,
          () => `abs(${inner('money')})`,
          () => `-(${inner('money')})`,
        ];
      case 'ratio':
        return [
          () => `(${inner('data')}) / (${inner('data')})`,
          () => `(a > included ? included / a : 1)`,
          () => `ceil(${inner('ratio')})`,
          () => `(${inner('ratio')}) * (${inner('ratio')})`,
        ];
      case 'data':
      case 'requests':
        return [() => `ceil(${inner(kind)})`, () => `floor(${inner(kind)})`, () => `abs(${inner(kind)})`];
      default:
        return kind satisfies never;
    }
  }

  /** Mostly quantities that are never negative, as people write them. */
  #quantity(kind: 'data' | 'requests', depth: number): string {
    const inner = this.write(kind, depth - 1);
    return this.#random.chance(70) ? `max(0, ${inner})` : inner;
  }

  #condition(depth: number): string {
    const kind = this.#random.pick(['data', 'data', 'requests', 'money'] as const);
    const operator = this.#random.pick(['<', '<=', '>', '>=', '==', '!=']);
    const comparison = `${this.write(kind, Math.min(depth, 1))} ${operator} ${this.write(kind, Math.min(depth, 1))}`;
    if (depth === 0 || this.#random.chance(70)) return comparison;
    return this.#random.pick([
      `(${comparison}) and (${this.#condition(depth - 1)})`,
      `(${comparison}) or (${this.#condition(depth - 1)})`,
      `not (${comparison})`,
    ]);
  }
}

function tiers(random: SeededRandom, direction: 'up' | 'down' | 'any'): object[] {
  const bounds = [5, 10, 50, 200].slice(0, 1 + random.below(4));
  let price = direction === 'down' ? 900 : 10;
  return [...bounds.map(String), null].map((upTo) => {
    const step = random.below(90);
    if (direction === 'up') price += step;
    else if (direction === 'down') price = Math.max(0, price - step);
    else price = random.below(900);
    const flat = random.chance(30) ? { flat: String(random.below(40)) } : {};
    return { upTo, unitPrice: (price / 100).toFixed(2), ...flat };
  });
}

/** A plan with one line by formula, and below it one that sees the subtotal. It may be wrong in any way but its units. */
export function randomPlan(random: SeededRandom): PlanDocument {
  const depth = 1 + random.below(4);
  const first = new FormulaWriter(random, false).write('money', depth);
  const second = new FormulaWriter(random, true).write('money', 1 + random.below(3));
  const number = (values: readonly string[]): string => random.pick(values);
  const reading = parsePlanDocument({
    plan: 'random',
    title: 'Random',
    currency: 'usd',
    metrics: {
      a: { unit: 'GB', rollup: 'sum' },
      b: { unit: 'GB', rollup: 'max' },
      c: { unit: 'request', rollup: 'sum' },
    },
    parameters: {
      fee: { value: number(['1500', '0', '99.99']), unit: 'usd' },
      cap: { value: number(['5000', '20']), unit: 'usd' },
      small_fee: { value: '2.5', unit: 'usd' },
      credit: { value: number(['-10', '7']), unit: 'usd' },
      included: { value: number(['100', '7.5', '0']), unit: 'GB' },
      free: { value: '20', unit: 'request' },
      bundle: { value: number(['10', '0.3']), unit: 'request' },
      off: { value: number(['0.2', '1', '1.1']), unit: '1' },
      share: { value: number(['0.75', '-0.5']), unit: '1' },
      price: { value: number(['0.13', '4']), unit: 'usd/GB' },
      request_price: { value: '0.000002', unit: 'usd/request' },
    },
    rates: {
      steps: { per: 'GB', flatAtZero: random.chance(50), tiers: tiers(random, 'any') },
      discounted: { per: 'GB', flatAtZero: false, tiers: tiers(random, 'down') },
      climbing: { per: 'GB', flatAtZero: false, tiers: tiers(random, 'up') },
      per_request: { per: 'request', flatAtZero: random.chance(50), tiers: tiers(random, 'up') },
    },
    lines: [
      { key: 'first', label: 'First', formula: first, allowNegative: random.chance(40) },
      { key: 'second', label: 'Second', formula: second, allowNegative: random.chance(50) },
    ],
  });
  if (reading.kind === 'refused') throw new Error(reading.diagnostics.map(({ message }) => message).join('\n'));
  return reading.plan;
}
