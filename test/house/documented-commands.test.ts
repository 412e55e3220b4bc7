import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { daybook } from '../cli/command-line.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const COMMAND = /(?:npm run )?daybook -- ([a-z][^`\n#|]*)/g;

/** Every command line that a page for people writes out in full, with the page. */
function documented(): readonly (readonly [command: string, page: string])[] {
  const pages = execFileSync('git', ['ls-files', '*.md'], { cwd: ROOT, encoding: 'utf8' }).trim().split('\n');
  return pages.flatMap((page) => {
    // A command may be broken over two lines of the page.
    const text = readFileSync(join(ROOT, page), 'utf8').replaceAll(/\n {0,4}(?=--?[a-z])/g, ' ');
    return [...text.matchAll(COMMAND)].map(([, words = '']) => [words.trim(), page] as const);
  });
}

const commands = [...new Map(documented().map((one) => [one.join(), one])).values()];

describe('a command that a page tells people to run', () => {
  test('there are some', () => expect(commands.length).toBeGreaterThan(20));

  test.each(commands)('%s (%s)', async (command) => {
    const words = command.split(/\s+/);
    const options = words.filter((word) => /^--[a-z]/.test(word));
    const path = words.slice(0, words.findIndex((word) => !/^[a-z][a-z-]*$/.test(word)) >>> 0);
    const help = await helpOf(path);
    expect(help, `there is no command "${command}"`).toBeDefined();
    for (const option of options) expect(help, `${command} has no ${option}`).toContain(option);
  });
});

/** The help of the longest command that the words begin with; undefined when there is none. */
async function helpOf(words: readonly string[]): Promise<string | undefined> {
  for (const length of [2, 1]) {
    const path = words.slice(0, length);
    if (path.length < length) continue;
    const { code, out } = await daybook([...path, '--help']);
    if (code === 0 && out.includes(`Usage: daybook ${path.join(' ')}`)) return out;
  }
  return undefined;
}
