import { MAX_NAME_LENGTH } from '../names.ts';
import { quoted, refuseFormula } from './refusal.ts';

/** One word of a formula with its half-open UTF-16 positions. */
export interface Token {
  readonly kind: 'number' | 'name' | 'operator' | 'open' | 'close' | 'comma';
  readonly text: string;
  readonly start: number;
  readonly end: number;
}

const WHITE_SPACE = /[ \t\r\n]+/y;
const NUMBER = /[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const WORD = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR = /<=|>=|==|!=|[-+*/<>?:]/y;
const AFTER_NUMBER = /[A-Za-z0-9_.$]+/y;
const WORD_OPERATORS: ReadonlySet<string> = new Set(['and', 'or', 'not']);
const NOT_WORDS: ReadonlySet<string> = new Set(['in', 'true', 'false']);
const OBJECT_MEMBERS: ReadonlySet<string> = new Set(Object.getOwnPropertyNames(Object.prototype));

/** What people try, and what to write instead. Longer signs first. */
const FOREIGN_SIGNS: readonly (readonly [string, string])[] = [
  ['/*', 'a formula has no comments; write the explanation into the label of the line'],
  ['||', 'write or between conditions; texts cannot be joined'],
  ['&', 'write and between conditions'],
  ['|', 'write or between conditions'],
  ['=', 'write == to compare; a formula cannot assign'],
  ['!', 'write not for a condition; there is no factorial'],
  ['^', 'there are no powers; multiply instead'],
  ['%', 'write a percentage as a parameter, like 0.2 for 20 %; there is no remainder'],
  ['"', 'a formula has no texts'],
  ["'", 'a formula has no texts'],
  ['[', 'a formula has no lists'],
  [']', 'a formula has no lists'],
  ['.', 'write a number with a digit before and after the point, like 0.5; names have no members'],
  [';', 'a formula is one expression'],
  ['$', 'the amounts of a plan are in its currency; leave the sign out'],
];

function match(pattern: RegExp, text: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0];
}

function readNumber(text: string, start: number, digits: string): Token {
  const end = start + digits.length;
  const rest = match(AFTER_NUMBER, text, end);
  if (rest !== undefined) {
    const whole = digits + rest;
    refuseFormula(
      'syntax',
      { start, end: end + rest.length },
      `${quoted(whole)} is not a number; write digits 0 to 9 with at most one point, like 1000 or 0.5`,
    );
  }
  if (/^0[0-9]/.test(digits))
    refuseFormula('syntax', { start, end }, `${quoted(digits)} begins with a zero; write it without`);
  return { kind: 'number', text: digits, start, end };
}

function readWord(word: string, start: number): Token {
  const end = start + word.length;
  if (WORD_OPERATORS.has(word)) return { kind: 'operator', text: word, start, end };
  if (word.length > MAX_NAME_LENGTH) {
    refuseFormula(
      'not-allowed',
      { start, end },
      `the name ${quoted(word)} is longer than ${MAX_NAME_LENGTH} characters`,
    );
  }
  if (word.startsWith('_') || NOT_WORDS.has(word) || OBJECT_MEMBERS.has(word)) {
    refuseFormula(
      'not-allowed',
      { start, end },
      `${quoted(word)} cannot be used in a formula; use the name of a metric, parameter or rate`,
    );
  }
  return { kind: 'name', text: word, start, end };
}

function readSign(text: string, start: number): Token {
  const end = start + 1;
  const sign = text.charAt(start);
  if (sign === '(') return { kind: 'open', text: sign, start, end };
  if (sign === ')') return { kind: 'close', text: sign, start, end };
  if (sign === ',') return { kind: 'comma', text: sign, start, end };
  const operator = text.startsWith('/*', start) ? undefined : match(OPERATOR, text, start);
  if (operator !== undefined) return { kind: 'operator', text: operator, start, end: start + operator.length };
  const foreign = FOREIGN_SIGNS.find(([written]) => text.startsWith(written, start));
  if (foreign !== undefined) {
    refuseFormula(
      'not-allowed',
      { start, end: start + foreign[0].length },
      `${quoted(foreign[0])} is not part of the language: ${foreign[1]}`,
    );
  }
  const character = String.fromCodePoint(text.codePointAt(start) ?? 0);
  return refuseFormula(
    'not-allowed',
    { start, end: start + character.length },
    `the character ${JSON.stringify(character)} is not part of the language; use plain letters, digits and + - * / ( ) , < > = ? :`,
  );
}

/** Splits a formula into its words, and refuses every sign that the language does not have. */
export function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  let at = 0;
  while (at < text.length) {
    const space = match(WHITE_SPACE, text, at);
    if (space !== undefined) {
      at += space.length;
      continue;
    }
    const digits = match(NUMBER, text, at);
    const word = digits === undefined ? match(WORD, text, at) : undefined;
    let token: Token;
    if (digits !== undefined) token = readNumber(text, at, digits);
    else if (word !== undefined) token = readWord(word, at);
    else token = readSign(text, at);
    tokens.push(token);
    at = token.end;
  }
  return tokens;
}
