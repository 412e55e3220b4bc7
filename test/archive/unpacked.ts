import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { unzipSync } from 'fflate';
import { type Archive, makeArchive } from '../../functions/archive/contents.ts';

const run = promisify(execFile);

/** The archive as a buildpack leaves it: unpacked, with its packages installed. */
export interface Unpacked {
  readonly archive: Archive;
  readonly folder: string;
  remove(): void;
}

/** Unpacks the archive into a folder of its own and installs production packages only, without running any script. */
export async function unpackArchive(): Promise<Unpacked> {
  const archive = makeArchive();
  const folder = mkdtempSync(join(tmpdir(), 'daybook-archive-'));
  for (const [path, bytes] of Object.entries(unzipSync(archive.bytes))) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), bytes);
  }
  await run('npm', ['ci', '--omit=dev', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  return { archive, folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** One function as its own process, the way Cloud Run starts it. */
export interface ServedFunction {
  /** From the start of the process to its first answer. */
  readonly milliseconds: number;
  /** Memory of the process after that answer. */
  readonly megabytes: number;
  readonly status: number;
  readonly answer: string;
}

const DEADLINE_MS = 60_000;
const LOOK_EVERY_MS = 25;

/** Starts one function under functions-framework, asks it something that makes no sense, measures, and ends it. */
export async function serveOnce(
  folder: string,
  functionName: string,
  port: number,
  databaseUrl: string,
): Promise<ServedFunction> {
  const framework = join(folder, 'node_modules', '@google-cloud', 'functions-framework', 'build', 'src', 'main.js');
  if (!existsSync(framework)) throw new Error(`${framework} is not there: are the packages installed?`);
  const begun = performance.now();
  const child = spawn(process.execPath, [framework, `--port=${port}`], {
    cwd: folder,
    // Nothing of this process's own environment: what a function has must come from its deployment.
    env: { PATH: process.env.PATH, FUNCTION_TARGET: functionName, K_SERVICE: functionName, ...deployed(databaseUrl) },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const output: string[] = [];
  child.stdout.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  try {
    const { status, answer } = await firstAnswer(child, port, output);
    const milliseconds = performance.now() - begun;
    const { stdout } = await run('ps', ['-o', 'rss=', '-p', String(child.pid)]);
    return { milliseconds, megabytes: Number.parseInt(stdout, 10) / 1_024, status, answer };
  } finally {
    await ended(child);
  }
}

function deployed(databaseUrl: string): Record<string, string> {
  return {
    DATABASE_URL: databaseUrl,
    STRIPE_API_KEY: 'sk_test_archive',
    STRIPE_WEBHOOK_SECRETS: 'whsec_archive',
    SLACK_WEBHOOK_URL: 'http://127.0.0.1:9/slack',
  };
}

async function firstAnswer(child: ChildProcess, port: number, output: readonly string[]) {
  const until = performance.now() + DEADLINE_MS;
  while (performance.now() < until) {
    if (child.exitCode !== null) throw new Error(`the process ended with ${child.exitCode}:\n${output.join('')}`);
    try {
      const response = await fetch(`http://127.0.0.1:${port}/`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"nonsense": true}',
      });
      return { status: response.status, answer: await response.text() };
    } catch {
      // It does not listen yet.
      await delay(LOOK_EVERY_MS);
    }
  }
  throw new Error(`no answer in ${DEADLINE_MS / 1_000} s:\n${output.join('')}`);
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
