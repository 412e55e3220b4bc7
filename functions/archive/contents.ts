import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';
import { zipSync } from 'fflate';
import { productionPackage } from './production-package.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Path inside the archive → bytes. */
export type Contents = ReadonlyMap<string, Uint8Array>;

export interface Archive {
  /** `daybook-<hash>.zip`: another content is another name, which is what makes a deployment see it. */
  readonly name: string;
  readonly sha256: string;
  readonly bytes: Uint8Array;
  readonly contents: Contents;
}

/**
 * Builds the source archive of all functions: compiled code, migrations, and the packages that they need, by name and
 * digest. The same sources give the same bytes, on any machine and at any time.
 */
export function makeArchive(): Archive {
  const contents = collect();
  const bytes = zip(contents);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  return { name: `daybook-${sha256.slice(0, 16)}.zip`, sha256, bytes, contents };
}

function collect(): Contents {
  const { packageJson, packageLock } = productionPackage(textOf('package.json'), textOf('package-lock.json'));
  const files = new Map<string, Uint8Array>([
    ['package.json', Buffer.from(packageJson)],
    ['package-lock.json', Buffer.from(packageLock)],
    ['sql/transitions.generated.sql', readFileSync(join(ROOT, 'sql', 'transitions.generated.sql'))],
    ...filesBelow(join(ROOT, 'sql', 'migrations'), 'sql/migrations'),
    ...compiled(),
  ]);
  return new Map([...files].sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Compiled anew, into a folder of its own: what an older build left in dist is not shipped. */
function compiled(): [string, Uint8Array][] {
  const folder = mkdtempSync(join(tmpdir(), 'daybook-build-'));
  try {
    const compiler = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const project = join(ROOT, 'functions', 'tsconfig.json');
    execFileSync(process.execPath, [compiler, '-p', project, '--outDir', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    return filesBelow(folder, 'dist');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function filesBelow(folder: string, under: string): [string, Uint8Array][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      return [`${under}/${relative(folder, path).split(sep).join('/')}`, readFileSync(path)];
    });
}

function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

const UNIX = 3;
const FILE_MODE = (0o100644 << 16) >>> 0;

/** Every time is the first that a zip file can tell, in whatever zone the machine is. */
function zip(contents: Contents): Uint8Array {
  const options = { mtime: new Date(1980, 0, 1), os: UNIX, attrs: FILE_MODE, level: 9 } as const;
  return zipSync(Object.fromEntries([...contents].map(([path, bytes]) => [path, [bytes, options] as const])));
}
