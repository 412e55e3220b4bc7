import { execFile, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../local-cloud/postgres/server.ts';
import type { GeneratedSeries } from '../../local-cloud/telemetry/telemetry.ts';
import { stopPart, untilReady } from '../real-part.ts';
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
  await untilReady('Prometheus', `${url}/-/ready`, child);
  const stop = async () => {
    await stopPart(child);
    await rm(folder, { recursive: true });
  };
  return { url, stop };
}
