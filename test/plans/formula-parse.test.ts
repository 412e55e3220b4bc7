import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseFormula } from '../../shared/plans/formula/parse.ts';
import type { Condition, Formula } from '../../shared/plans/formula/tree.ts';
import { Random } from '../rating/random.ts';
import { bracketed, randomFormula } from './formula-writing.ts';

function read(text: string): Formula {
  const reading = parseFormula(text);
  if (reading.kind === 'refused') throw new Error(`${text}: ${reading.diagnostic.message}`);
  return reading.formula;
}

function partsOf(tree: Formula | Condition): (Formula | Condition)[] {
  switch (tree.kind) {
    case 'number':
    case 'name':
      return [tree];
    case 'negate':
    case 'not':
      return [tree, ...partsOf(tree.operand)];
    case 'arithmetic':
    case 'compare':
    case 'logic':
      return [tree, ...partsOf(tree.left), ...partsOf(tree.right)];
    case 'call':
      return [tree, ...tree.args.flatMap(partsOf)];
    case 'rated':
      return [tree, ...partsOf(tree.quantity)];
    case 'choose':
      return [tree, ...partsOf(tree.condition), ...partsOf(tree.whenTrue), ...partsOf(tree.whenFalse)];
    default:
      return tree satisfies never;
  }
}

/** Reads a piece of a formula on its own; a condition is read in front of a choice. */
function readPiece(part: Formula | Condition, text: string): string {
  if (part.kind !== 'compare' && part.kind !== 'logic' && part.kind !== 'not') return bracketed(read(text));
  const chosen = read(`${text} ? 1 : 2`);
  return chosen.kind === 'choose' ? bracketed(chosen.condition) : 'not a choice';
}

describe('parseFormula', () => {
  it.each([
    ['a + b * c', '(+ a (* b c))'],
    ['(a + b) * c', '(* (+ a b) c)'],
    ['a - b - c', '(- (- a b) c)'],
    ['a / b / c', '(/ (/ a b) c)'],
    ['-a * b', '(* (- a) b)'],
    ['-(a * b)', '(- (* a b))'],
    ['--a', '(- (- a))'],
    ['a - -1', '(- a (- 1))'],
    ['a > 0 ? 1 : b > 0 ? 2 : 3', '(? (> a 0) 1 (? (> b 0) 2 3))'],
    ['a > 0 and b > 0 or c > 0 ? 1 : 2', '(? (or (and (> a 0) (> b 0)) (> c 0)) 1 2)'],
    ['not (a > 0) and b == 1 ? 1 : 2', '(? (and (not (> a 0)) (== b 1)) 1 2)'],
    ['a != b + 1 ? 1 : 2', '(? (!= a (+ b 1)) 1 2)'],
    ['max(0, data_gb - included_gb) * price_per_gb', '(* (max 0 (- data_gb included_gb)) price_per_gb)'],
    ['graduated(requests, request_rate)', '(graduated requests request_rate)'],
    ['volume(a + b, r) - package(c, 10, 2)', '(- (volume (+ a b) r) (package c 10 2))'],
    ['clamp(abs(a), floor(b), ceil(c))', '(clamp (abs a) (floor b) (ceil c))'],
    ['fee * active_days / period_days', '(/ (* fee active_days) period_days)'],
    ['1e3 + 2.50 + 0', '(+ (+ 1000 2.5) 0)'],
    ['0.1 + 1e22 + 1e-40', `(+ (+ 0.1 1${'0'.repeat(22)}) 0.${'0'.repeat(39)}1)`],
    ['PI', 'PI'],
    ['\t\r\n a ', 'a'],
  ])('reads %j as %s', (text, tree) => {
    expect(bracketed(read(text))).toBe(tree);
  });

  it.each([
    ['', 'syntax', '', 'the formula is empty'],
    ['a +', 'syntax', '+', 'a value is missing after "+"'],
    ['a b', 'syntax', 'b', 'an operator is missing before "b"'],
    ['min(a b)', 'syntax', 'b', 'an operator is missing before "b"'],
    ['min(a, )', 'syntax', ')', 'a value is missing before ")"'],
    ['min()', 'syntax', ')', 'a value is missing before ")"'],
    ['a, b', 'syntax', ',', 'a comma stands only between'],
    ['(a, b)', 'syntax', ',', 'a comma stands only between'],
    ['(a', 'syntax', '(', 'is not closed'],
    ['a)', 'syntax', ')', 'has no "(" before it'],
    ['(a)(b)', 'syntax', '(', 'an operator is missing'],
    ['2(a)', 'syntax', '(', 'an operator is missing'],
    ['+a', 'syntax', '+', 'a value is missing before "+"'],
    ['a > 0 ? b', 'syntax', '?', 'has no ":" after it'],
    ['a : b', 'syntax', ':', 'has no "?" before it'],
    ['(a > 0 ? b) : c', 'syntax', '?', 'has no ":" after it'],
    ['abs a', 'syntax', 'abs', 'write its arguments in parentheses'],
    ['a not b', 'syntax', 'not', 'an operator is missing'],
    ['min(a)', 'wrong-arguments', 'min(a)', 'min() takes 2 to 50 arguments, not 1'],
    ['ceil(a, 2)', 'wrong-arguments', 'ceil(a, 2)', 'ceil() takes 1 argument, not 2'],
    ['graduated(a, 1)', 'wrong-arguments', '1', 'the name of a rate'],
    ['graduated(a, b + c)', 'wrong-arguments', 'b + c', 'the name of a rate'],
    ['round(a)', 'unknown-function', 'round', 'the functions are min, max'],
    ['a > b', 'number-expected', 'a > b', 'a line needs an amount'],
    ['1 + (a > b)', 'number-expected', 'a > b', '"+" needs a number'],
    ['max(a, b > c)', 'number-expected', 'b > c', 'max() takes numbers'],
    ['a < b < c ? 1 : 2', 'number-expected', 'a < b', '"<" needs a number'],
    ['a > 0 ? b > 0 : c', 'number-expected', 'b > 0', 'chooses between numbers'],
    ['a ? 1 : 2', 'condition-expected', 'a', 'needs a condition'],
    ['not a > b ? 1 : 2', 'condition-expected', 'a', 'like not (a > b)'],
    ['a and b > 1 ? 1 : 2', 'condition-expected', 'a', '"and" needs a condition'],
    ['x * 007', 'syntax', '007', 'begins with a zero'],
    ['x * 0x10', 'syntax', '0x10', 'is not a number'],
    ['x * 0b1', 'syntax', '0b1', 'is not a number'],
    ['x * 1_000', 'syntax', '1_000', 'is not a number'],
    ['x * 1.5.2', 'syntax', '1.5.2', 'is not a number'],
    ['x * 5.', 'syntax', '5.', 'is not a number'],
    ['x * 2e', 'syntax', '2e', 'is not a number'],
    ['x * .5', 'not-allowed', '.', 'before and after the point'],
    ['x * 9007199254740993', 'literal-inexact', '9007199254740993', 'define a parameter'],
    ['x * 0.1000000000000000055511', 'literal-inexact', '0.1000000000000000055511', 'define a parameter'],
    ['x * 3.333333333333333333333333333', 'literal-inexact', '3.333333333333333333333333333', 'define a parameter'],
    ['x * 1e400', 'literal-out-of-range', '1e400', 'define a parameter'],
    ['x * 1e41', 'literal-out-of-range', '1e41', 'define a parameter'],
    [`x * ${'9'.repeat(39)}`, 'literal-out-of-range', '9'.repeat(39), 'define a parameter'],
  ])('refuses %j with %s at %j', (text, code, place, message) => {
    const reading = parseFormula(text);
    expect(reading).toMatchObject({ kind: 'refused', diagnostic: { code, message: expect.stringContaining(message) } });
    if (reading.kind === 'refused') expect(text.slice(reading.diagnostic.start, reading.diagnostic.end)).toBe(place);
  });

  it('keeps its limits: 500 values and operators, 32 levels, 4096 characters', () => {
    const sum = (count: number) => Array.from({ length: count }, () => 'a').join('+');
    expect(parseFormula(sum(250)).kind).toBe('parsed');
    expect(parseFormula(sum(251))).toMatchObject({ diagnostic: { code: 'formula-too-large' } });
    const nested = (depth: number) => `${'('.repeat(depth)}a${')'.repeat(depth)}`;
    expect(parseFormula(nested(32)).kind).toBe('parsed');
    expect(parseFormula(nested(33))).toMatchObject({ diagnostic: { code: 'formula-too-deep' } });
    expect(parseFormula(`${'-'.repeat(32)}a`).kind).toBe('parsed');
    expect(parseFormula(`${'-'.repeat(33)}a`)).toMatchObject({ diagnostic: { code: 'formula-too-deep' } });
    expect(parseFormula(`${'a > 0 ? '.repeat(33)}1`)).toMatchObject({ diagnostic: { code: 'formula-too-deep' } });
    expect(parseFormula(`a${' '.repeat(4095)}`).kind).toBe('parsed');
    expect(parseFormula(`a${' '.repeat(4096)}`)).toMatchObject({ diagnostic: { code: 'formula-too-long' } });
  });

  it('reads 20,000 random formulas as the trees that they were written from, and gives every part its place', () => {
    const seed = Number(process.env.DAYBOOK_SEED ?? randomInt(2 ** 31));
    const random = new Random(seed);
    let read20k = 0;
    for (let count = 0; count < 20_000; count += 1) {
      const written = randomFormula(random, 1 + random.below(5));
      const reading = parseFormula(written.text);
      if (reading.kind === 'refused') {
        expect(
          ['formula-too-large', 'formula-too-deep', 'formula-too-long'],
          `DAYBOOK_SEED=${seed}: ${written.text}`,
        ).toContain(reading.diagnostic.code);
        continue;
      }
      read20k += 1;
      if (bracketed(reading.formula) !== written.tree)
        throw new Error(`DAYBOOK_SEED=${seed}: ${written.text} was read as ${bracketed(reading.formula)}`);
      for (const part of count % 10 === 0 ? partsOf(reading.formula) : []) {
        const text = written.text.slice(part.span.start, part.span.end);
        if (readPiece(part, text) !== bracketed(part))
          throw new Error(`DAYBOOK_SEED=${seed}: ${bracketed(part)} is not at "${text}" in ${written.text}`);
      }
    }
    expect(read20k).toBeGreaterThan(19_000);
  });
});
