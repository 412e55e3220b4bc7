import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { type Placement, placeServer } from './placement.ts';

const run = promisify(execFile);
const MOST_STARTS = 3;

/** A running PostgreSQL of our own. */
export interface LocalPostgres {
  /** Connection string of a database, as the superuser that owns the schema. */
  url(database: string): string;
  /** Makes the database if there is none. */
  createDatabase(name: string, template?: string): Promise<void>;
  readonly dataDirectory: string;
  readonly process: ChildProcess;
  stop(): Promise<void>;
}

export interface LocalPostgresOptions {
  /** Folder of the data; made if there is none. */
  readonly dataDirectory: string;
  /** `false` trades durability for speed, for databases that live no longer than a test. */
  readonly durable: boolean;
  readonly maxConnections?: number;
}

/** Initialises the data directory when it is new, stops what a killed predecessor left running on it, and starts. */
export async function startPostgres(options: LocalPostgresOptions): Promise<LocalPostgres> {
  const placement = placeServer(options.dataDirectory);
  if (!existsSync(join(placement.dataDirectory, 'PG_VERSION'))) await initialise(placement);
  for (let attempt = 1; ; attempt += 1) {
    await stopPredecessor(placement);
    const port = await freePort();
    const child = spawnServer(placement, port, options);
    const url = (database: string) => `postgres://daybook@127.0.0.1:${port}/${database}`;
    try {
      await untilReady(url('postgres'), child);
    } catch (error) {
      // A predecessor that was killed while it started its server may have one that took the folder only now.
      if (child.exitCode === null || attempt === MOST_STARTS) throw error;
      continue;
    }
    return {
      url,
      dataDirectory: placement.dataDirectory,
      process: child,
      createDatabase: (name, template) => createDatabase(url('postgres'), name, template),
      stop: () => stop(child),
    };
  }
}

/**
 * Made aside and then moved into place: a kill in the middle leaves no half-made folder that looks whole. The name is of
 * this attempt alone, because the initdb of a killed one may still be writing to its own.
 */
async function initialise(placement: Placement): Promise<void> {
  const parent = dirname(placement.dataDirectory);
  mkdirSync(parent, { recursive: true });
  const prefix = `${basename(placement.dataDirectory)}.new-`;
  const draft = mkdtempSync(join(parent, prefix));
  if (placement.user) chownSync(draft, placement.user.uid, placement.user.gid);
  const args = ['-D', draft, '-U', 'daybook', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'];
  await run(placement.initdb, args, { ...placement.user, cwd: parent });
  rmSync(placement.dataDirectory, { recursive: true, force: true });
  renameSync(draft, placement.dataDirectory);
  for (const left of readdirSync(parent).filter((name) => name.startsWith(prefix))) {
    rmSync(join(parent, left), { recursive: true, force: true, maxRetries: 10, retryDelay: 200 });
  }
}

/** A killed stack leaves its server alive; two servers on one folder would destroy it, so the old one is stopped first. */
async function stopPredecessor(placement: Placement): Promise<void> {
  const pidFile = join(placement.dataDirectory, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number.parseInt(readFileSync(pidFile, 'utf8').split('\n')[0] ?? '', 10);
  if (!isServerOf(pid, placement.dataDirectory)) {
    rmSync(pidFile, { force: true });
    return;
  }
  for (const signal of ['SIGINT', 'SIGQUIT'] as const) {
    process.kill(pid, signal);
    for (let waited = 0; waited < 5_000; waited += 50) {
      if (!isAlive(pid)) return;
      await delay(50);
    }
  }
  throw new Error(
    `Another PostgreSQL (process ${pid}) holds ${placement.dataDirectory} and does not stop: end it with "kill ${pid}".`,
  );
}

/** Guards against a recycled process id: after a crash the number in the file may belong to anyone. */
function isServerOf(pid: number, dataDirectory: string): boolean {
  if (!Number.isInteger(pid) || !isAlive(pid)) return false;
  const commandLine = `/proc/${pid}/cmdline`;
  return !existsSync(commandLine) || readFileSync(commandLine, 'utf8').includes(dataDirectory);
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return !isZombie(pid);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ESRCH') return false;
    if ((error as NodeJS.ErrnoException).code === 'EPERM') return true;
    throw error;
  }
}

function isZombie(pid: number): boolean {
  const stat = `/proc/${pid}/stat`;
  return existsSync(stat) && / Z /.test(readFileSync(stat, 'utf8'));
}

function spawnServer(placement: Placement, port: number, options: LocalPostgresOptions): ChildProcess {
  const settings = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: String(options.maxConnections ?? 100),
    timezone: 'UTC',
    log_timezone: 'UTC',
    shared_buffers: '64MB',
    synchronous_commit: options.durable ? 'on' : 'off',
    fsync: options.durable ? 'on' : 'off',
    full_page_writes: options.durable ? 'on' : 'off',
    log_min_messages: 'fatal',
    log_min_error_statement: 'panic',
  };
  const args = ['-D', placement.dataDirectory, '-p', String(port)];
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`);
  return spawn(placement.postgres, args, {
    ...placement.user,
    cwd: placement.dataDirectory,
    stdio: ['ignore', 'ignore', 'ignore'],
    // Its own group: Ctrl-C reaches the stack, which then stops the server in order.
    detached: true,
  });
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  for (let waited = 0; waited < 30_000; waited += 50) {
    if (child.exitCode !== null) {
      throw new Error(
        `PostgreSQL ended with code ${child.exitCode} while starting: its folder may be damaged or full; remove it to begin anew.`,
      );
    }
    const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 1_000 });
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      await delay(50);
    }
  }
  throw new Error('PostgreSQL did not answer within 30 s of its start.');
}

async function createDatabase(url: string, name: string, template = 'template1'): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const existing = await client.query('select from pg_database where datname = $1', [name]);
    if (existing.rowCount === 0) {
      await client.query(
        `create database ${client.escapeIdentifier(name)} template ${client.escapeIdentifier(template)}`,
      );
    }
  } finally {
    await client.end();
  }
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  child.kill('SIGINT');
  await ended;
}

/** A port that nobody listens on at this moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() =>
        typeof address === 'object' && address ? resolve(address.port) : reject(new Error('no port')),
      );
    });
  });
}
