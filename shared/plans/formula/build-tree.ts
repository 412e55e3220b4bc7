import { parseDecimal } from '../../exact/decimal.ts';
import { Exact } from '../../exact/exact.ts';
import { FUNCTION_ARGUMENTS, isFunctionName } from '../names.ts';
import type { Step } from './expression-parser.ts';
import type { Token } from './lexer.ts';
import { quoted, refuseFormula } from './refusal.ts';
import type { Structure } from './structure.ts';
import type { ArithmeticOperator, ComparisonOperator, Condition, Formula, LogicOperator, Span } from './tree.ts';

/** A piece of the tree with the words that it covers, by index; both ends inclusive. */
interface Piece {
  readonly tree: Formula | Condition;
  readonly first: number;
  readonly last: number;
}

interface NumberPiece extends Piece {
  readonly tree: Formula;
}

const ARITHMETIC: ReadonlySet<string> = new Set(['+', '-', '*', '/'] satisfies ArithmeticOperator[]);
const COMPARISON: ReadonlySet<string> = new Set(['<', '<=', '>', '>=', '==', '!='] satisfies ComparisonOperator[]);
const LOGIC: ReadonlySet<string> = new Set(['and', 'or'] satisfies LogicOperator[]);

function isArithmetic(operator: string): operator is ArithmeticOperator {
  return ARITHMETIC.has(operator);
}

function isComparison(operator: string): operator is ComparisonOperator {
  return COMPARISON.has(operator);
}

function isLogic(operator: string): operator is LogicOperator {
  return LOGIC.has(operator);
}

function isCondition(tree: Formula | Condition): tree is Condition {
  return tree.kind === 'compare' || tree.kind === 'logic' || tree.kind === 'not';
}

/** The literal's value from its text. The parser's own value is a double; a literal that a double changes is refused. */
function literalValue(token: Token): Exact {
  const reading = parseDecimal(token.text);
  if (reading.kind === 'refused') {
    refuseFormula(
      'literal-out-of-range',
      token,
      `${reading.detail}; for such a number define a parameter and use its name`,
    );
  }
  const printed = parseDecimal(String(Number(token.text)));
  if (printed.kind === 'refused' || printed.value !== reading.value) {
    refuseFormula(
      'literal-inexact',
      token,
      `${quoted(token.text)} has more digits than a number in a formula can keep; define a parameter with this value and use its name`,
    );
  }
  return Exact.parse(reading.value);
}

/** Builds our tree from the parser's steps. Leaves come in the order of the text, which gives every piece its place. */
class TreeBuilder {
  private readonly structure: Structure;
  private readonly leaves: readonly number[];
  private nextLeaf = 0;

  constructor(structure: Structure) {
    this.structure = structure;
    this.leaves = structure.tokens.flatMap(({ kind }, index) => (kind === 'number' || kind === 'name' ? [index] : []));
  }

  build(steps: readonly Step[]): Formula {
    const piece = this.run(steps);
    if (this.nextLeaf !== this.leaves.length) throw new SyntaxError('the parser left out a part of the formula');
    return this.numeric(piece, 'a line needs an amount').tree;
  }

  private run(steps: readonly Step[]): Piece {
    const stack: Piece[] = [];
    for (const step of steps) stack.push(this.apply(step, stack));
    const [only, more] = stack;
    if (only === undefined || more !== undefined) throw new SyntaxError('the parser gave no single expression');
    return only;
  }

  private apply(step: Step, stack: Piece[]): Piece {
    switch (step.type) {
      case 'INUMBER':
        return this.literal(step.value);
      case 'IVAR':
        return this.named(step.value);
      case 'IOP1':
        return this.prefixed(step.value, this.take(stack));
      case 'IOP2': {
        const right = this.take(stack);
        return this.binary(step.value, this.take(stack), right);
      }
      case 'IOP3': {
        const whenFalse = this.take(stack);
        const whenTrue = this.take(stack);
        return this.choice(this.take(stack), whenTrue, whenFalse);
      }
      case 'IFUNCALL': {
        const args = stack.splice(stack.length - step.value, step.value);
        return this.called(this.take(stack), args);
      }
      case 'IEXPR':
        return this.run(step.value);
      default:
        return step satisfies never;
    }
  }

  private take(stack: Piece[]): Piece {
    const top = stack.pop();
    if (top === undefined) throw new SyntaxError('the parser left out an operand');
    return top;
  }

  private leaf(): { index: number; token: Token } {
    const index = this.leaves[this.nextLeaf];
    const token = index === undefined ? undefined : this.structure.tokens[index];
    if (index === undefined || token === undefined) throw new SyntaxError('the parser added a value to the formula');
    this.nextLeaf += 1;
    return { index, token };
  }

  private literal(parsed: number): Piece {
    const { index, token } = this.leaf();
    const value = literalValue(token);
    if (token.kind !== 'number' || parsed !== Number(token.text))
      throw new SyntaxError('the parser read another number than the formula has');
    return { tree: { kind: 'number', value, span: this.span(index, index) }, first: index, last: index };
  }

  private named(name: string): Piece {
    const { index, token } = this.leaf();
    if (token.kind !== 'name' || token.text !== name)
      throw new SyntaxError('the parser read another name than the formula has');
    return { tree: { kind: 'name', name, span: this.span(index, index) }, first: index, last: index };
  }

  private prefixed(operator: string, operand: Piece): Piece {
    const inner = this.widened(operand);
    const [first, last] = [inner.first - 1, inner.last];
    const span = this.span(first, last);
    if (operator === '-')
      return { tree: { kind: 'negate', operand: this.numeric(operand, '"-" needs a number').tree, span }, first, last };
    if (operator !== 'not') throw new SyntaxError(`${quoted(operator)} is not part of the language`);
    return {
      tree: {
        kind: 'not',
        operand: this.condition(operand, '"not" needs a condition in parentheses, like not (a > b)'),
        span,
      },
      first,
      last,
    };
  }

  private binary(operator: string, left: Piece, right: Piece): Piece {
    const [first, last] = [this.widened(left).first, this.widened(right).last];
    const span = this.span(first, last);
    if (isLogic(operator)) {
      const why = `"${operator}" needs a condition on each side, like a > b`;
      return {
        tree: { kind: 'logic', operator, left: this.condition(left, why), right: this.condition(right, why), span },
        first,
        last,
      };
    }
    const why = `"${operator}" needs a number on each side`;
    const sides = { left: this.numeric(left, why).tree, right: this.numeric(right, why).tree };
    if (isComparison(operator)) return { tree: { kind: 'compare', operator, ...sides, span }, first, last };
    if (isArithmetic(operator)) return { tree: { kind: 'arithmetic', operator, ...sides, span }, first, last };
    throw new SyntaxError(`${quoted(operator)} is not part of the language`);
  }

  private choice(condition: Piece, whenTrue: Piece, whenFalse: Piece): Piece {
    const [first, last] = [this.widened(condition).first, this.widened(whenFalse).last];
    const tree: Formula = {
      kind: 'choose',
      condition: this.condition(condition, '"?" needs a condition before it, like a > b ? x : y'),
      whenTrue: this.numeric(whenTrue, '"?" chooses between numbers').tree,
      whenFalse: this.numeric(whenFalse, '"?" chooses between numbers').tree,
      span: this.span(first, last),
    };
    return { tree, first, last };
  }

  private called(callee: Piece, args: readonly Piece[]): Piece {
    const { first } = callee;
    const last = this.structure.partners[first + 1];
    const name = callee.tree.kind === 'name' ? callee.tree.name : '';
    if (!isFunctionName(name) || last === undefined)
      throw new SyntaxError('the parser called something that is not a function');
    const span = this.span(first, last);
    const { least, most } = FUNCTION_ARGUMENTS[name];
    if (args.length < least || args.length > most) {
      const wanted = least === most ? `${least}` : `${least} to ${most}`;
      refuseFormula(
        'wrong-arguments',
        span,
        `${name}() takes ${wanted} argument${wanted === '1' ? '' : 's'}, not ${args.length}`,
      );
    }
    const numbers = args.map((arg) => this.numeric(arg, `${name}() takes numbers`).tree);
    if (name !== 'graduated' && name !== 'volume')
      return { tree: { kind: 'call', name, args: numbers, span }, first, last };
    const [quantity, rate] = numbers;
    if (quantity === undefined || rate?.kind !== 'name') {
      return refuseFormula(
        'wrong-arguments',
        rate?.span ?? span,
        `the second argument of ${name}() is the name of a rate`,
      );
    }
    return { tree: { kind: 'rated', name, quantity, rate: rate.name, rateSpan: rate.span, span }, first, last };
  }

  private numeric(piece: Piece, why: string): NumberPiece {
    const { tree } = piece;
    if (isCondition(tree))
      return refuseFormula(
        'number-expected',
        tree.span,
        `${why}; this is a condition, write condition ? value : other value`,
      );
    return { ...piece, tree };
  }

  private condition(piece: Piece, why: string): Condition {
    return isCondition(piece.tree)
      ? piece.tree
      : refuseFormula('condition-expected', piece.tree.span, `${why}; this is a number`);
  }

  /** The piece with the parentheses around it. */
  private widened({ first, last }: Piece): { first: number; last: number } {
    const { partners, callOpenings } = this.structure;
    let [from, to] = [first, last];
    while (from > 0 && partners[from - 1] === to + 1 && !callOpenings.has(from - 1)) {
      from -= 1;
      to += 1;
    }
    return { first: from, last: to };
  }

  private span(first: number, last: number): Span {
    const [from, to] = [this.structure.tokens[first], this.structure.tokens[last]];
    if (from === undefined || to === undefined) throw new SyntaxError('the parser added an operator to the formula');
    return { start: from.start, end: to.end };
  }
}

/** Our tree of a formula, from the words of its text and the steps that the parser made of the same text. */
export function buildTree(structure: Structure, steps: readonly Step[]): Formula {
  return new TreeBuilder(structure).build(steps);
}
