import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { placeServer } from '../local-cloud/postgres/placement.ts';
import { startPostgres } from '../local-cloud/postgres/server.ts';
import { StripeStore } from '../local-cloud/stripe/store.ts';

const START = join(import.meta.dirname, '..', 'local-cloud', 'start.ts');

/** A folder of one test's local cloud. In one of mode 0700, PostgreSQL's data is elsewhere when the test runs as root. */
export function temporaryDirectory(mode: 0o700 | 0o711): { readonly path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'daybook-stack-'));
  chmodSync(path, mode);
  const shelter = dirname(postgresDirectory(path));
  return {
    path,
    remove: () => {
      for (const folder of [path, shelter]) rmSync(folder, { recursive: true, force: true });
    },
  };
}

function postgresDirectory(dataDirectory: string): string {
  return placeServer(join(dataDirectory, 'postgres')).dataDirectory;
}

export interface StartOptions {
  readonly dataDirectory: string;
  readonly arguments?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
}

/** `npm start` as a process of its own, without a terminal. */
export interface RunningStart {
  readonly process: ChildProcess;
  /** Resolves at its end. `code` is null when a signal ended it. */
  readonly ended: Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>;
  /** Resolves when the text has been written; rejects when the process ends before. */
  untilWritten(text: string): Promise<void>;
}

/** Starts the local cloud on the folder, by default with --once. */
export function startLocalCloud(options: StartOptions): RunningStart {
  const child = spawn(process.execPath, [START, ...(options.arguments ?? ['--once'])], {
    env: { ...process.env, DAYBOOK_DATA_DIR: options.dataDirectory, ...options.environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const written = { stdout: '', stderr: '' };
  child.stdout.on('data', (chunk: Buffer) => {
    written.stdout += chunk.toString('utf8');
  });
  child.stderr.on('data', (chunk: Buffer) => {
    written.stderr += chunk.toString('utf8');
  });
  const ended = new Promise<{ code: number | null; stdout: string; stderr: string }>((resolve) => {
    child.once('close', (code) => resolve({ code, ...written }));
  });
  return { process: child, ended, untilWritten: (text) => untilWritten(child, ended, () => written.stdout, text) };
}

function untilWritten(
  child: ChildProcess,
  ended: Promise<{ readonly stderr: string }>,
  stdout: () => string,
  text: string,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const look = () => {
      if (stdout().includes(text)) resolve();
    };
    child.stdout?.on('data', look);
    look();
    ended.then(({ stderr }) => reject(new Error(`The local cloud ended before it wrote "${text}": ${stderr}`)));
  });
}

/** An invoice as it is kept. */
interface KeptInvoice {
  readonly invoice_id: string;
  readonly customer_id: string;
  readonly status: string;
  readonly total: string;
  readonly document: string;
  readonly document_digest: string;
  readonly stripe_invoice_id: string | null;
}

/** What a stopped local cloud has kept. */
export interface Kept {
  readonly invoices: readonly KeptInvoice[];
  /** Rows of each table that must not grow when the same is done again. */
  readonly counts: Readonly<Record<string, number>>;
  /** Obligation (`daybook_invoice…` metadata) of each invoice that Stripe has and that is not void, with its total. */
  readonly stripe: readonly {
    readonly id: string;
    readonly status: string;
    readonly total: number;
    readonly lines: number;
  }[];
}

const COUNTED = [
  'invoices',
  'charges',
  'usage_daily',
  'run_checkpoints',
  'contracts',
  'plan_versions',
  'customers',
  'projects',
  'usage_sources',
  'stripe_requests',
  'billing_runs',
];

/** Reads what a stopped local cloud has kept, from its PostgreSQL and from the Stripe stand-in's journal. */
export async function readKept(dataDirectory: string): Promise<Kept> {
  const server = await startPostgres({ dataDirectory: join(dataDirectory, 'postgres'), durable: true });
  const client = new pg.Client({ connectionString: server.url('daybook') });
  try {
    await client.connect();
    const invoices = await client.query<KeptInvoice>(
      'select invoice_id, customer_id, status, total::text, document, document_digest, stripe_invoice_id from invoices order by invoice_id',
    );
    const counts: Record<string, number> = {};
    for (const table of COUNTED) {
      const counted = await client.query<{ rows: number }>(
        `select count(*)::int as rows from ${client.escapeIdentifier(table)}`,
      );
      counts[table] = counted.rows[0]?.rows ?? 0;
    }
    return { invoices: invoices.rows, counts, stripe: readStripe(dataDirectory) };
  } finally {
    await client.end();
    await server.stop();
  }
}

function readStripe(dataDirectory: string): Kept['stripe'] {
  return new StripeStore(join(dataDirectory, 'stripe.journal')).all('invoices').map(({ invoice, lines }) => ({
    id: invoice.id,
    status: invoice.status,
    total: invoice.total,
    lines: lines.length,
  }));
}

/** The process id of the folder's PostgreSQL, when one runs. */
export function postgresProcess(dataDirectory: string): number | undefined {
  try {
    const first = readFileSync(join(postgresDirectory(dataDirectory), 'postmaster.pid'), 'utf8').split('\n')[0];
    return first === undefined ? undefined : Number.parseInt(first, 10);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}
