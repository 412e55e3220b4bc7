import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:net';
import { delimiter, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export interface RealEmulator {
  readonly url: string;
  stop(): Promise<void>;
}

/** Where goccy/bigquery-emulator is on this machine, or why it cannot be used. */
export function findEmulator():
  | { readonly kind: 'found'; readonly path: string }
  | { readonly kind: 'missing'; readonly why: string } {
  const named = process.env.DAYBOOK_BIGQUERY_EMULATOR;
  const folders = (process.env.PATH ?? '').split(delimiter);
  const path = named ?? folders.map((folder) => join(folder, 'bigquery-emulator')).find((file) => existsSync(file));
  if (path !== undefined && existsSync(path)) return { kind: 'found', path };
  const seen =
    named === undefined
      ? 'there is no bigquery-emulator in PATH'
      : `${named} (DAYBOOK_BIGQUERY_EMULATOR) does not exist`;
  return {
    kind: 'missing',
    why: `${seen}; run .ci/real-parts/bigquery-emulator.sh and set DAYBOOK_BIGQUERY_EMULATOR to what it prints`,
  };
}

/** An empty emulator on free ports, with everything in memory. */
export async function startRealEmulator(path: string, projectId: string): Promise<RealEmulator> {
  const [port, grpcPort] = [await freePort(), await freePort()];
  const child = spawn(
    path,
    [`--project=${projectId}`, `--port=${port}`, `--grpc-port=${grpcPort}`, '--log-level=fatal'],
    {
      stdio: ['ignore', 'ignore', 'inherit'],
    },
  );
  const url = `http://127.0.0.1:${port}`;
  await untilReady(`${url}/bigquery/v2/projects/${projectId}/datasets`, child);
  return { url, stop: () => stop(child) };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port is free');
  await new Promise((resolve) => server.close(resolve));
  return address.port;
}

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  for (let attempt = 0; attempt < 300; attempt += 1) {
    if (child.exitCode !== null) throw new Error(`the emulator ended with ${child.exitCode} before it was ready`);
    const ready = await fetch(url).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    await delay(100);
  }
  throw new Error(`the emulator at ${url} was not ready within 30 s`);
}

async function stop(child: ChildProcess): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
}
