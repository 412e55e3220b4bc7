import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { serveOnce, unpackArchive } from '../archive/unpacked.ts';
import { functionNames } from './imports.ts';
import type { Benchmark, Comparison } from './measure.ts';

/** The function with the least to load: what it takes, the framework and Node take. */
const LEAST = 'sweep-outbox';
const NO_DATABASE = 'postgres://nobody@127.0.0.1:9/none';
const FIRST_PORT = 18_520;
const MEGABYTE = 1_048_576;

/** The deployed archive: its size, and for each function the time to its first answer and its memory then. */
export const ARCHIVE: Benchmark = {
  name: 'archive',
  run: async () => {
    const { archive, folder, remove } = await unpackArchive();
    try {
      const reference = await serveOnce(folder, LEAST, FIRST_PORT, NO_DATABASE);
      const comparisons: Comparison[] = [];
      for (const [index, name] of functionNames().entries()) {
        const { milliseconds, megabytes, status } = await serveOnce(folder, name, FIRST_PORT + 1 + index, NO_DATABASE);
        comparisons.push({
          name: 'archive',
          measured: { what: name, milliseconds },
          reference: { what: LEAST, milliseconds: reference.milliseconds },
          notes: [
            `${megabytes.toFixed(0)} MB after its first answer (${reference.megabytes.toFixed(0)} MB)`,
            ...(status >= 500 ? [`WRONG: ${name} answers ${status}`] : []),
          ],
        });
      }
      const size = `${archive.name}: ${(archive.bytes.byteLength / 1_024).toFixed(0)} KiB, with its packages ${(sizeOf(folder) / MEGABYTE).toFixed(0)} MB`;
      const [first, ...rest] = comparisons;
      return first === undefined ? [] : [{ ...first, notes: [size, ...first.notes] }, ...rest];
    } finally {
      remove();
    }
  },
};

function sizeOf(folder: string): number {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
