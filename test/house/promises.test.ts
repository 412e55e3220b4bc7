import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const TESTS = join(import.meta.dirname, '..');
const PROMISES = Array.from({ length: 24 }, (_, index) => index + 1);

/** `promise 12`, and `promises 4, 15 and 20`; a range cites none, since it would cite them all. */
const CITATION = /\bpromises? (\d+(?:(?:, | and )\d+)*)(?! to)/g;

/** The numbers that the names of tests cite. */
function cited(): ReadonlySet<number> {
  const texts = globSync('**/*.test.ts', { cwd: TESTS }).map((path) => readFileSync(join(TESTS, path), 'utf8'));
  const names = texts.flatMap((text) => text.match(/\b(?:describe|test)(?:\.\w+)*\(.*/g) ?? []);
  return new Set(names.flatMap((name) => [...name.matchAll(CITATION)].flatMap(([, list = '']) => numbersIn(list))));
}

function numbersIn(list: string): readonly number[] {
  return (list.match(/\d+/g) ?? []).map(Number);
}

describe('every promise of the design has a test whose name cites its number', () => {
  const numbers = cited();
  test.each(PROMISES)('promise %i', (promise) => {
    expect(numbers).toContain(promise);
  });
});
