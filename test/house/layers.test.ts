import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

/**
 * The rooms from the ground up. A room may import itself and any room of a lower floor; rooms of one floor do not know
 * each other. `shared/<room>` for a room without a slash.
 */
const FLOORS: readonly (readonly string[])[] = [
  ['exact', 'calendar'],
  ['canonical', 'states'],
  ['plans'],
  ['rating'],
  ['effects'],
  ['tracing'],
  ['configuration', 'logging', 'database'],
  ['events'],
  ['sources', 'stripe', 'slack', 'schedules'],
  ['exceptions', 'audit', 'exports', 'pace'],
  ['catalogue'],
  ['usage'],
  ['retention'],
  ['billing', 'alerts', 'operations'],
  ['corrections', 'visibility'],
  ['retries', 'console', 'reconciliation'],
  ['functions', 'cli'],
];

const PURE = new Set(['exact', 'calendar', 'canonical', 'states', 'plans', 'rating']);

/** What a pure room may import beside other pure rooms: parsing, hashing. */
const PURE_PACKAGES = new Set(['zod', 'expr-eval', 'node:crypto']);

const files = ['shared', 'functions'].flatMap((folder) => filesBelow(join(ROOT, folder)));

describe('imports go one way', () => {
  test('every room of shared/ has a floor', () => {
    const rooms = readdirSync(join(ROOT, 'shared'));
    expect(rooms.filter((room) => floorOf(room) < 0)).toEqual([]);
  });

  test('no file imports a room of a higher floor or of its own floor', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => target.startsWith('.'))
        .flatMap((target) => {
          const [from, to] = [roomOf(file), roomOf(resolve(dirname(file), target))];
          if (from === to || floorOf(to) < floorOf(from)) return [];
          return [`${relative(ROOT, file)} imports ${to}`];
        }),
    );
    expect(wrong).toEqual([]);
  });

  test('the pure rooms import no clock, database, network or logger', () => {
    const wrong = files
      .filter((file) => PURE.has(roomOf(file)))
      .flatMap((file) =>
        importsOf(file)
          .filter((target) => !target.startsWith('.') && !PURE_PACKAGES.has(target))
          .map((target) => `${relative(ROOT, file)} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  test('the pure rooms read no clock, randomness or environment', () => {
    const wrong = files
      .filter(
        (file) =>
          PURE.has(roomOf(file)) &&
          /\bDate\.now\(|new Date\(\)|Math\.random|process\.|\bfetch\(|setTimeout/.test(codeOf(file)),
      )
      .map((file) => relative(ROOT, file));
    expect(wrong).toEqual([]);
  });

  test('nothing that is deployed imports the tests or the stand-ins', () => {
    const wrong = files.filter((file) => importsOf(file).some((target) => target.includes('/test/')));
    expect(wrong.map((file) => relative(ROOT, file))).toEqual([]);
  });
});

describe('effects pass the seam', () => {
  test('only the system seam reads the machine’s clock and randomness', () => {
    const wrong = files
      .filter(
        (file) =>
          !file.endsWith('shared/effects/system.ts') &&
          /\bDate\.now\(|new Date\(\)|Math\.random\(|randomUUID\(/.test(codeOf(file)),
      )
      .map((file) => relative(ROOT, file));
    expect(wrong).toEqual([]);
  });

  test('a file that fetches does so inside effects.perform', () => {
    const wrong = files
      .filter((file) => /(?<![\w.])fetch\(/.test(codeOf(file)) && !codeOf(file).includes('effects.perform'))
      .map((file) => relative(ROOT, file));
    expect(wrong).toEqual([]);
  });
});

describe('money and SQL', () => {
  test('the money rooms use no floating-point arithmetic', () => {
    const rooms = new Set(['exact', 'plans', 'rating', 'billing', 'corrections', 'stripe']);
    const wrong = files
      .filter((file) => rooms.has(roomOf(file)))
      .flatMap((file) => (/parseFloat\(|toFixed\(|Math\.round\(/.test(codeOf(file)) ? [relative(ROOT, file)] : []));
    // The parser's literals are doubles; this file proves that their text round-trips, and refuses the others.
    expect(wrong.filter((file) => !file.startsWith('shared/plans/formula/'))).toEqual([]);
  });

  test('SQL stands in sql/ and is never put together from strings', () => {
    const wrong = files
      .filter(
        (file) => !file.endsWith('queries.generated.ts') && !/shared\/database\/(migrate|database)\.ts$/.test(file),
      )
      .filter((file) => /\b(select\s[\s\S]{1,80}\sfrom|insert into|update \w+ set|delete from)\s/.test(codeOf(file)))
      .map((file) => relative(ROOT, file));
    expect(wrong).toEqual([]);
  });
});

function filesBelow(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => join(entry.parentPath, entry.name));
}

function roomOf(file: string): string {
  const [top, second] = relative(ROOT, file).split('/');
  return top === 'shared' ? (second ?? '') : (top ?? '');
}

function floorOf(room: string): number {
  return FLOORS.findIndex((rooms) => rooms.includes(room));
}

function codeOf(file: string): string {
  return readFileSync(file, 'utf8')
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/^\s*\/\/.*$/gm, '');
}

function importsOf(file: string): string[] {
  return [...codeOf(file).matchAll(/(?:from|import)\s*\(?\s*'([^']+)'/g)].map((match) => match[1] ?? '');
}
