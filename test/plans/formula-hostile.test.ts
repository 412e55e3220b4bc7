import { describe, expect, it } from 'vitest';
import { parseFormula } from '../../shared/plans/formula/parse.ts';

const HOSTILE: readonly (readonly [string, string])[] = [
  ['a prototype', '__proto__'],
  ['a prototype in a sum', '1 + __proto__'],
  ['a call of a prototype', '__proto__(1)'],
  ['a constructor', 'constructor'],
  ['a call of a constructor', 'constructor(1)'],
  ['an inherited function', 'toString(1)'],
  ['an inherited function as a value', 'hasOwnProperty+1'],
  ['another inherited function', 'valueOf() * 2'],
  ['a getter', '__defineGetter__(a, b)'],
  ['a prototype as a rate', 'graduated(requests, __proto__)'],
  ['an inherited function as a rate', 'volume(requests, toString)'],
  ['10^6 opening parentheses', '('.repeat(1_000_000)],
  ['10^6 balanced parentheses', `${'('.repeat(500_000)}1${')'.repeat(500_000)}`],
  ['4096 opening parentheses', '('.repeat(4096)],
  ['4096 minus signs', '-'.repeat(4096)],
  ['1000 nots', `${'not '.repeat(1000)}a`],
  ['1300 open choices', 'a?'.repeat(1300)],
  ['calls in calls', 'abs('.repeat(1000)],
  ['a name of 10^5 characters', 'a'.repeat(100_000)],
  ['a name of 4000 characters', 'a'.repeat(4000)],
  ['a number of 4000 digits', '9'.repeat(4000)],
  ['an exponent bomb', '1e400'],
  ['a large exponent bomb', `1e${'9'.repeat(4000)}`],
  ['a small exponent bomb', '1e-400'],
  ['a function that is not ours', 'random()'],
  ['a function of the parser', 'fac(5)'],
  ['a function of functions', 'map(abs, a)'],
  ['a conditional function', 'if(a, b, c)'],
  ['a text', '"x"'],
  ['a text in single quotes', "'x'"],
  ['an unclosed text', '"x'],
  ['a list', '[1, 2]'],
  ['an element', 'a[0]'],
  ['a member', 'a.b'],
  ['a member of a call', 'min(a, b).constructor'],
  ['an assignment', 'a = 3'],
  ['a function definition', 'f(x) = x * 2'],
  ['two statements', 'a; b'],
  ['a power', 'a ^ 2'],
  ['a power tower', '9^9^9^9^9^9^9'],
  ['a factorial', 'a!'],
  ['a remainder', 'a % 2'],
  ['a concatenation', 'a || b'],
  ['an element test', 'a in b'],
  ['a comment', 'a /* hidden */ + 1'],
  ['an unclosed comment', 'a /* + 1'],
  ['non-ASCII digits', '１２ + 1'],
  ['Arabic digits', '٣ * a'],
  ['a non-ASCII multiplication sign', 'a ∙ b'],
  ['a Cyrillic letter', 'аbs(1)'],
  ['an emoji', 'a + 😀'],
  ['half an emoji', 'a + \ud83d'],
  ['a zero byte', 'a\u0000'],
  ['a no-break space', 'a\u00a0+ b'],
  ['a line separator', 'a\u2028+ b'],
  ['a right-to-left mark', 'a \u202e+ b'],
  ['a hexadecimal number', '0x10'],
  ['a binary number', '0b11'],
  ['a number with a separator', '1_000'],
  ['a number with a suffix', '10n'],
  ['a template', '`a`'],
  ['an arrow', '(a) => a'],
  ['a backslash', 'a \\ b'],
  ['SQL', "1'; drop table usage; --"],
  ['nothing but commas', ','.repeat(4096)],
  ['nothing but spaces', ' '.repeat(4096)],
  ['true', 'true'],
];

const RUNS = 7;

function medianMilliseconds(text: string): number {
  const times = Array.from({ length: RUNS }, () => {
    const start = performance.now();
    parseFormula(text);
    return performance.now() - start;
  });
  return times.sort((a, b) => a - b)[(RUNS - 1) / 2] ?? Number.POSITIVE_INFINITY;
}

describe('hostile formulas', () => {
  it.each(HOSTILE)('promise 22: refuses %s with a short message and a place', (_name, text) => {
    const reading = parseFormula(text);
    expect(reading.kind).toBe('refused');
    if (reading.kind === 'parsed') return;
    const { start, end, message } = reading.diagnostic;
    expect(message.length).toBeGreaterThan(10);
    expect(message.length).toBeLessThan(300);
    expect(0 <= start && start <= end && end <= text.length).toBe(true);
  });

  it.each(HOSTILE)('promise 22: refuses %s in less than 5 ms', (_name, text) => {
    expect(medianMilliseconds(text)).toBeLessThan(5);
  });

  it('leaves every object as it was', () => {
    const before = Object.getOwnPropertyNames(Object.prototype);
    for (const [, text] of HOSTILE) parseFormula(text);
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
  });
});
