import { existsSync, linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { PersonError } from './person-error.ts';

/** Holds a data directory for this process. */
export interface Lock {
  release(): void;
}

/**
 * Takes the lock file, or throws a message that names the process that has it. A killed process leaves its lock; it is
 * known by its id and, where the system tells, by when it began, since ids are used again.
 */
export function lockDirectory(path: string, directory: string): Lock {
  const own = JSON.stringify({ pid: process.pid, began: beganAt(process.pid) });
  const draft = `${path}.${process.pid}`;
  writeFileSync(draft, own, { mode: 0o600 });
  try {
    for (;;) {
      if (linked(draft, path)) return { release: () => release(path, own) };
      removeLeftover(path, directory);
    }
  } finally {
    rmSync(draft, { force: true });
  }
}

/** A link appears with its whole content at once, and only when there is none: no reader sees half a lock. */
function linked(draft: string, path: string): boolean {
  try {
    linkSync(draft, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function removeLeftover(path: string, directory: string): void {
  const seen = readIfPresent(path);
  if (seen === undefined) return;
  const holder = parseHolder(seen);
  if (holder !== undefined && isRunning(holder)) {
    throw new PersonError(
      `Another local stack (process ${holder.pid}) runs on ${directory}. Use that one, stop it with "kill ${holder.pid}", or set DAYBOOK_DATA_DIR to another folder.`,
    );
  }
  // Two newcomers may find the same leftover: who moves away a lock that has changed meanwhile puts it back.
  const aside = `${path}.leftover.${process.pid}`;
  try {
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  if (readFileSync(aside, 'utf8') !== seen) linked(aside, path);
  rmSync(aside, { force: true });
}

function release(path: string, own: string): void {
  if (readIfPresent(path) === own) rmSync(path, { force: true });
}

interface Holder {
  readonly pid: number;
  readonly began: string | null;
}

function parseHolder(text: string): Holder | undefined {
  const match = /^\{"pid":(\d+),"began":(?:"(\d+)"|null)\}$/.exec(text);
  return match ? { pid: Number.parseInt(match[1] ?? '', 10), began: match[2] ?? null } : undefined;
}

function isRunning({ pid, began }: Holder): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') throw error;
  }
  return began === beganAt(pid);
}

/** When the process began, in the kernel's ticks; null where the system does not say, or when the process is gone. */
function beganAt(pid: number): string | null {
  const stat = readIfPresent(`/proc/${pid}/stat`);
  if (stat === undefined) return null;
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return fields[0] === 'Z' ? 'ended' : (fields[19] ?? null);
}

function readIfPresent(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (['ENOENT', 'ESRCH'].includes((error as NodeJS.ErrnoException).code ?? '')) return undefined;
    throw error;
  }
}
