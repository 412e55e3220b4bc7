import type { Condition, Formula } from '../../shared/plans/formula/tree.ts';
import type { Random } from '../rating/random.ts';

/** A tree as a bracketed text, without positions: `(+ a (* b 2))`. */
export function bracketed(tree: Formula | Condition): string {
  switch (tree.kind) {
    case 'number':
      return tree.value.toString();
    case 'name':
      return tree.name;
    case 'negate':
      return `(- ${bracketed(tree.operand)})`;
    case 'not':
      return `(not ${bracketed(tree.operand)})`;
    case 'arithmetic':
    case 'compare':
    case 'logic':
      return `(${tree.operator} ${bracketed(tree.left)} ${bracketed(tree.right)})`;
    case 'call':
      return `(${[tree.name, ...tree.args.map(bracketed)].join(' ')})`;
    case 'rated':
      return `(${tree.name} ${bracketed(tree.quantity)} ${tree.rate})`;
    case 'choose':
      return `(? ${[tree.condition, tree.whenTrue, tree.whenFalse].map(bracketed).join(' ')})`;
    default:
      return tree satisfies never;
  }
}

/** Formula text together with the tree that it must be read as, and how tightly its outermost operator binds. */
export interface Written {
  readonly text: string;
  readonly tree: string;
  readonly strength: number;
}

const CHOICE = 1;
const OR = 2;
const AND = 3;
const COMPARISON = 4;
const SUM = 5;
const PRODUCT = 6;
const PREFIX = 7;
const ATOM = 8;
const NAMES = ['requests', 'data_gb', 'fee', 'subtotal', 'android', 'e', 'e1', 'notable', 'inside', 'Order'] as const;
const LITERALS = ['0', '1', '2.5', '0.001', '1000000', '1e3', '2.5e-7', '7E+2', '10.50'] as const;

function space(random: Random): string {
  return random.pick(['', '', ' ', ' ', '  ', '\t', '\n', ' \r\n ']);
}

/** With the parentheses that are needed, and sometimes with some that are not. */
function enclosed(random: Random, part: Written, least: number): string {
  let { text } = part;
  if (part.strength < least) text = `(${space(random)}${text}${space(random)})`;
  while (random.chance(6)) text = `(${space(random)}${text}${space(random)})`;
  return text;
}

function leaf(random: Random): Written {
  if (random.chance(2)) {
    const name = random.pick(NAMES);
    return { text: name, tree: name, strength: ATOM };
  }
  const literal = random.pick(LITERALS);
  const trees = new Map([
    ['1e3', '1000'],
    ['2.5e-7', '0.00000025'],
    ['7E+2', '700'],
    ['10.50', '10.5'],
  ]);
  return { text: literal, tree: trees.get(literal) ?? literal, strength: ATOM };
}

function infix(random: Random, operator: string, left: Written, right: Written, strength: number): Written {
  const gap = /[a-z]/.test(operator) ? ' ' : space(random);
  const text = `${enclosed(random, left, strength)}${gap}${operator}${gap}${enclosed(random, right, strength + 1)}`;
  return { text, tree: `(${operator} ${left.tree} ${right.tree})`, strength };
}

function call(random: Random, name: string, args: readonly Written[], rate: string | null): Written {
  const written = [...args.map((arg) => enclosed(random, arg, CHOICE)), ...(rate === null ? [] : [rate])];
  const text = `${name}${space(random)}(${written.map((arg) => `${space(random)}${arg}${space(random)}`).join(',')})`;
  return {
    text,
    tree: `(${[name, ...args.map((arg) => arg.tree), ...(rate === null ? [] : [rate])].join(' ')})`,
    strength: ATOM,
  };
}

function randomCall(random: Random, depth: number): Written {
  const argument = () => randomFormula(random, depth - 1);
  switch (random.below(5)) {
    case 0:
      return call(
        random,
        random.pick(['min', 'max']),
        [argument(), argument(), ...(random.chance(2) ? [argument()] : [])],
        null,
      );
    case 1:
      return call(random, random.pick(['ceil', 'floor', 'abs']), [argument()], null);
    case 2:
      return call(random, random.pick(['clamp', 'package']), [argument(), argument(), argument()], null);
    default:
      return call(random, random.pick(['graduated', 'volume']), [argument()], 'request_rate');
  }
}

export function randomCondition(random: Random, depth: number): Written {
  if (depth <= 0 || random.chance(2)) {
    const operator = random.pick(['<', '<=', '>', '>=', '==', '!=']);
    const [left, right] = [randomFormula(random, depth - 1), randomFormula(random, depth - 1)];
    const text = `${enclosed(random, left, SUM)}${space(random)}${operator}${space(random)}${enclosed(random, right, SUM)}`;
    return { text, tree: `(${operator} ${left.tree} ${right.tree})`, strength: COMPARISON };
  }
  if (random.chance(3)) {
    const operand = randomCondition(random, depth - 1);
    return { text: `not ${enclosed(random, operand, PREFIX)}`, tree: `(not ${operand.tree})`, strength: PREFIX };
  }
  const [left, right] = [randomCondition(random, depth - 1), randomCondition(random, depth - 1)];
  return random.chance(2) ? infix(random, 'and', left, right, AND) : infix(random, 'or', left, right, OR);
}

/** A random formula of the language with the tree that it means, written with random spaces and parentheses. */
export function randomFormula(random: Random, depth: number): Written {
  if (depth <= 0 || random.chance(5)) return leaf(random);
  switch (random.below(6)) {
    case 0:
    case 1:
      return infix(
        random,
        random.pick(['+', '-']),
        randomFormula(random, depth - 1),
        randomFormula(random, depth - 1),
        SUM,
      );
    case 2:
      return infix(
        random,
        random.pick(['*', '/']),
        randomFormula(random, depth - 1),
        randomFormula(random, depth - 1),
        PRODUCT,
      );
    case 3: {
      const operand = randomFormula(random, depth - 1);
      return {
        text: `-${space(random)}${enclosed(random, operand, PREFIX)}`,
        tree: `(- ${operand.tree})`,
        strength: PREFIX,
      };
    }
    case 4: {
      const [condition, whenTrue, whenFalse] = [
        randomCondition(random, depth - 1),
        randomFormula(random, depth - 1),
        randomFormula(random, depth - 1),
      ];
      const text = `${enclosed(random, condition, OR)} ? ${enclosed(random, whenTrue, CHOICE)} : ${enclosed(random, whenFalse, CHOICE)}`;
      return { text, tree: `(? ${condition.tree} ${whenTrue.tree} ${whenFalse.tree})`, strength: CHOICE };
    }
    default:
      return randomCall(random, depth);
  }
}
