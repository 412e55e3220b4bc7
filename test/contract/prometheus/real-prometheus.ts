import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { GeneratedSeries } from '../../local-cloud/telemetry/telemetry.ts';
import { openMetricsByDay } from './open-metrics.ts';

const run = promisify(execFile);

export interface RealPrometheus {
  readonly url: string;
  stop(): Promise<void>;
}

/** Where Prometheus is on this machine, or why it cannot be used. */
export function findPrometheus():
  | { readonly kind: 'found'; readonly prometheus: string; readonly promtool: string }
  | { readonly kind: 'missing'; readonly why: string } {
  const named = process.env.DAYBOOK_PROMETHEUS;
  const prometheus = named ?? inPath('prometheus');
  if (prometheus === undefined || !existsSync(prometheus)) {
    const why = named === undefined ? 'there is no prometheus in PATH' : `${named} (DAYBOOK_PROMETHEUS) does not exist`;
    return { kind: 'missing', why: `${why}; run .ci/real-parts/prometheus.sh` };
  }
  const promtool = join(dirname(prometheus), 'promtool');
  if (!existsSync(promtool)) return { kind: 'missing', why: `${promtool} does not exist` };
  return { kind: 'found', prometheus, promtool };
}

function inPath(name: string): string | undefined {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.map((folder) => join(folder, name)).find((file) => existsSync(file));
}

/** A Prometheus that holds these series, back-filled, on a free port. */
export async function startRealPrometheus(
  { prometheus, promtool }: { readonly prometheus: string; readonly promtool: string },
  series: readonly GeneratedSeries[],
): Promise<RealPrometheus> {
  const folder = await mkdtemp(join(tmpdir(), 'daybook-prometheus-'));
  const data = join(folder, 'data');
  for (const { day, text } of openMetricsByDay(series)) {
    const file = join(folder, `${day}.om`);
    await writeFile(file, text);
    await run(promtool, ['tsdb', 'create-blocks-from', 'openmetrics', '--quiet', file, data]);
    await rm(file);
  }
  await writeFile(join(folder, 'prometheus.yml'), 'global: {}\n');
  const port = await freePort();
  const child = spawn(
    prometheus,
    [
      `--config.file=${join(folder, 'prometheus.yml')}`,
      `--storage.tsdb.path=${data}`,
      '--storage.tsdb.retention.time=10y',
      `--web.listen-address=127.0.0.1:${port}`,
      '--log.level=error',
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  );
  const url = `http://127.0.0.1:${port}`;
  await untilReady(url, child);
  return { url, stop: () => stop(child, folder) };
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
    if (child.exitCode !== null) throw new Error(`Prometheus ended with ${child.exitCode} before it was ready`);
    const ready = await fetch(`${url}/-/ready`).then(
      (response) => response.ok,
      () => false,
    );
    if (ready) return;
    await delay(100);
  }
  throw new Error(`Prometheus at ${url} was not ready within 30 s`);
}

async function stop(child: ChildProcess, folder: string): Promise<void> {
  const ended = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await ended;
  await rm(folder, { recursive: true });
}
