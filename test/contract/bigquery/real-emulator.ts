import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { freePort } from '../../local-cloud/postgres/server.ts';
import { stopPart, untilReady } from '../real-part.ts';

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
  await untilReady('bigquery-emulator', `${url}/bigquery/v2/projects/${projectId}/datasets`, child);
  return { url, stop: () => stopPart(child) };
}
