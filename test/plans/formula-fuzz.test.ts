import { randomInt } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { parseFormula } from '../../shared/plans/formula/parse.ts';
import { Random } from '../rating/random.ts';
import { randomFormula } from './formula-writing.ts';

const INPUTS = 1_000_000;
const SEEDS = 500;
const INSERTIONS = [
  '(',
  ')',
  ',',
  '+',
  '-',
  '*',
  '/',
  '?',
  ':',
  '<',
  '<=',
  '==',
  '!=',
  '=',
  '!',
  '^',
  '%',
  '|',
  '||',
  '.',
  ';',
  '[',
  ']',
  '{',
  '"',
  "'",
  '\\',
  ' ',
  '\n',
  '\u0000',
  '\ud800',
  '１',
  'é',
  '/*',
  '*/',
  ' and ',
  ' or ',
  ' not ',
  ' in ',
  '0',
  '9',
  '1e9',
  '1e99',
  'e',
  '_',
  '__proto__',
  'constructor',
  'toString(',
  'min(',
  'abs(',
  'graduated(',
  'a',
  'request_rate',
  '$',
  '0x1f',
  '1.5',
  '.5',
  '5.',
  '--',
  '((((((((',
  '))))))))',
] as const;

/** Leaves out, doubles, moves or adds a piece of the text. */
function mutated(random: Random, text: string): string {
  const [from, to] = [random.below(text.length + 1), random.below(text.length + 1)].sort((a, b) => a - b);
  const [start, end] = [from ?? 0, to ?? 0];
  const piece = text.slice(start, Math.min(end, start + 12));
  switch (random.below(5)) {
    case 0:
      return text.slice(0, start) + text.slice(start + 1 + random.below(3));
    case 1:
      return text.slice(0, end) + piece + text.slice(end);
    case 2:
      return text.slice(0, start);
    default:
      return text.slice(0, start) + random.pick(INSERTIONS) + text.slice(start + random.below(2));
  }
}

describe('fuzzed formulas', () => {
  it('promise 22: each of 1,000,000 mutated formulas is read or refused, without an exception', () => {
    const seed = Number(process.env.DAYBOOK_SEED ?? randomInt(2 ** 31));
    const random = new Random(seed);
    const written = Array.from({ length: SEEDS }, () => randomFormula(random, 1 + random.below(3)).text.slice(0, 80));
    const counts = { parsed: 0, refused: 0 };
    let text = '';
    try {
      for (let count = 0; count < INPUTS; count += 1) {
        text = count % 4 === 0 || text.length > 120 ? (written[random.below(SEEDS)] ?? '') : text;
        text = mutated(random, text);
        const reading = parseFormula(text);
        counts[reading.kind] += 1;
        if (reading.kind === 'refused' && reading.diagnostic.message.startsWith('the formula cannot be read')) {
          throw new Error(`only the parser found out: ${reading.diagnostic.message}`);
        }
      }
    } catch (error) {
      throw new Error(`DAYBOOK_SEED=${seed}: ${JSON.stringify(text)}`, { cause: error });
    }
    expect(counts.parsed + counts.refused).toBe(INPUTS);
    expect(counts.parsed).toBeGreaterThan(INPUTS / 20);
    expect(counts.refused).toBeGreaterThan(INPUTS / 5);
  }, 120_000);
});
