import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const ROOT = join(import.meta.dirname, '..', '..');

/** The code that runs while the newest migration is applied. */
export type PreviousVersion =
  | { readonly kind: 'found'; readonly commit: string; readonly folder: string; remove(): void }
  /** A copy without its history cannot show it. */
  | { readonly kind: 'none'; readonly reason: string };

/** Lays out the last version of main that did not have the newest migration yet, with the packages of this one. */
export function previousVersion(): PreviousVersion {
  try {
    const added = git('log', '--first-parent', '-m', '--diff-filter=A', '-1', '--format=%H', '--', 'sql/migrations');
    if (added === '') return { kind: 'none', reason: 'the history does not say when a migration was added' };
    return layOut(git('rev-parse', '--verify', `${added}^1`));
  } catch (error) {
    return { kind: 'none', reason: error instanceof Error ? error.message.slice(0, 300) : String(error) };
  }
}

function layOut(commit: string): PreviousVersion {
  const folder = mkdtempSync(join(tmpdir(), 'daybook-previous-'));
  const archive = execFileSync(
    'git',
    ['archive', '--format=tar', commit, 'shared', 'functions', 'sql', 'test', 'package.json', 'tsconfig.json'],
    {
      cwd: ROOT,
      maxBuffer: 256 * 1_048_576,
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  mkdirSync(folder, { recursive: true });
  execFileSync('tar', ['-x', '-C', folder], { input: archive });
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  return { kind: 'found', commit, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

function git(...words: string[]): string {
  return execFileSync('git', words, { cwd: ROOT, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }).trim();
}
