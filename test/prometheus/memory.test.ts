import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { scaled } from '../scale.ts';
import { DAY, hourly, SOURCE, series, serve, UP } from './fixture.ts';

const MIB = 1_048_576;
const measured = z.object({
  reading: z.looseObject({ kind: z.literal('complete') }),
  rows: z.number(),
  peakRssBytes: z.number(),
});

async function read(url: string, seriesPerPart: number): Promise<z.output<typeof measured>> {
  const script = join(import.meta.dirname, 'memory-process.ts');
  // As in a container of 256 MiB, whose heap Node bounds by itself; without parts, 10^5 series take some 800 MiB.
  const words = [
    '--max-old-space-size=128',
    script,
    url,
    JSON.stringify({ ...SOURCE, minimumCoveragePercent: 1 }),
    String(seriesPerPart),
    DAY,
  ];
  const { stdout } = await promisify(execFile)(process.execPath, words, { maxBuffer: 16 * MIB });
  return measured.parse(JSON.parse(stdout));
}

test('a region of 10^5 series is read in the memory of one part', { timeout: 900_000 }, async () => {
  const count = scaled(10_000, 100_000);
  const points = [...hourly(-1, 0, () => 1), ...hourly(10, 12, (hour) => hour), ...hourly(23, 24, () => 90)];
  // Five series a project; two samples of some hours are enough to count.
  const all = Array.from({ length: count }, (_, index) =>
    series(points, { project: `project-${Math.floor(index / 5)}`, instance: `a-longer-name-of-an-instance-${index}` }),
  );
  const { url } = await serve(UP, ...all);
  const parts = await read(url, scaled(500, 2_000));
  expect(parts.rows).toBe(count / 5);
  expect(parts.peakRssBytes).toBeLessThan(scaled(176, 256) * MIB);
});
