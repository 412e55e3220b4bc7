import { Exact } from '../../../exact/exact.ts';
import type { Condition, Formula, RateFunction } from '../../formula/tree.ts';
import type { Rate } from '../../rates/tier.ts';
import type { Interval } from './interval.ts';
import { Polynomial } from './polynomial.ts';

/** What a normal form treats as one indivisible value. */
export type Atom =
  | { readonly kind: 'input'; readonly name: string; readonly interval: Interval }
  | { readonly kind: 'largest' | 'smallest'; readonly options: readonly Polynomial[] }
  | { readonly kind: 'ceil' | 'floor'; readonly of: Polynomial }
  | { readonly kind: 'reciprocal'; readonly of: Polynomial }
  | {
      readonly kind: 'rated';
      readonly name: RateFunction;
      readonly rate: Rate;
      readonly quantity: Polynomial;
    }
  /** A choice whose condition is not decided yet: one of two values. */
  | { readonly kind: 'either'; readonly options: readonly [Polynomial, Polynomial] }
  /** A product that would have too many terms when multiplied out. */
  | { readonly kind: 'product'; readonly left: Polynomial; readonly right: Polynomial }
  /** A value that is never there: the result of a division by zero. */
  | { readonly kind: 'undefined' };

/** Gives each distinct atom one number, so that equal expressions have equal normal forms. */
export class AtomTable {
  readonly #atoms: Atom[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #nodes = new WeakMap<object, number>();
  readonly #nodeNumbers = new Map<string, number>();

  /** One number for all nodes of formulas that say the same, so that what is decided for one is decided for all. */
  nodeNumber(node: Formula | Condition): number {
    const known = this.#nodes.get(node);
    if (known !== undefined) return known;
    const wording = wordingOf(node, (part) => this.nodeNumber(part));
    const number = this.#nodeNumbers.get(wording) ?? this.#nodeNumbers.size;
    this.#nodeNumbers.set(wording, number);
    this.#nodes.set(node, number);
    return number;
  }

  atom(number: number): Atom {
    const atom = this.#atoms[number];
    if (atom === undefined) throw new Error(`There is no atom ${number}.`);
    return atom;
  }

  input(name: string, interval: Interval): Polynomial {
    return this.#intern(`input ${name}`, { kind: 'input', name, interval });
  }

  choice(kind: 'largest' | 'smallest', options: readonly Polynomial[]): Polynomial {
    const keys = [...new Set(options.map((option) => option.key()))].sort();
    return this.#intern(`${kind} ${keys.join(' | ')}`, { kind, options });
  }

  whole(kind: 'ceil' | 'floor', of: Polynomial): Polynomial {
    return this.#intern(`${kind} ${of.key()}`, { kind, of });
  }

  /** 1 ÷ the expression, which has at least two terms; scaled so that multiples share an atom. */
  reciprocal(of: Polynomial): Polynomial {
    const [leading] = [...of.terms.values()].sort((a, b) => (a.key < b.key ? 1 : -1));
    if (leading === undefined) throw new Error('A reciprocal atom needs an expression with terms.');
    const factor = Exact.one.divide(leading.coefficient);
    const monic = of.scale(factor);
    return this.#intern(`reciprocal ${monic.key()}`, { kind: 'reciprocal', of: monic }).scale(factor);
  }

  rated(name: RateFunction, rateName: string, rate: Rate, quantity: Polynomial): Polynomial {
    return this.#intern(`${name} ${rateName} ${quantity.key()}`, { kind: 'rated', name, rate, quantity });
  }

  /** `place` tells apart choices with equal options under different conditions. */
  either(place: string, options: readonly [Polynomial, Polynomial]): Polynomial {
    const keys = options.map((option) => option.key()).join(' | ');
    return this.#intern(`either ${place} ${keys}`, { kind: 'either', options });
  }

  product(left: Polynomial, right: Polynomial): Polynomial {
    const keys = [left.key(), right.key()].sort().join(' | ');
    return this.#intern(`product ${keys}`, { kind: 'product', left, right });
  }

  undefinedValue(): Polynomial {
    return this.#intern('undefined', { kind: 'undefined' });
  }

  #intern(key: string, atom: Atom): Polynomial {
    const known = this.#numbers.get(key);
    if (known !== undefined) return Polynomial.atom(known);
    const number = this.#atoms.length;
    this.#atoms.push(atom);
    this.#numbers.set(key, number);
    return Polynomial.atom(number);
  }
}

/** What a node says, given the numbers of its parts; its place in the text does not count. */
function wordingOf(node: Formula | Condition, number: (part: Formula | Condition) => number): string {
  switch (node.kind) {
    case 'number':
      return `number ${node.value}`;
    case 'name':
      return `name ${node.name}`;
    case 'negate':
    case 'not':
      return `${node.kind} ${number(node.operand)}`;
    case 'arithmetic':
    case 'compare':
    case 'logic':
      return `${node.operator} ${number(node.left)} ${number(node.right)}`;
    case 'call':
      return `${node.name} ${node.args.map(number).join(' ')}`;
    case 'rated':
      return `${node.name} ${number(node.quantity)} by ${node.rate}`;
    case 'choose':
      return `choose ${[node.condition, node.whenTrue, node.whenFalse].map(number).join(' ')}`;
    default:
      return node satisfies never;
  }
}
