import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { z } from 'zod';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { scaled } from '../scale.ts';
import { seedWorld } from './seed.ts';

const MIB = 1_048_576;
const measured = z.object({
  result: z.looseObject({ kind: z.literal('aggregated'), outcomes: z.array(z.looseObject({ kind: z.string() })) }),
  peakRssBytes: z.number(),
  heldBytes: z.number(),
});

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedWorld(db.owner);
});
afterEach(() => db.remove());

/** Writes a checkpoint in a process of its own. */
async function write(rows: number, ...flags: string[]): Promise<z.output<typeof measured>> {
  const script = join(import.meta.dirname, 'memory-process.ts');
  const { stdout } = await promisify(execFile)(process.execPath, [...flags, script, db.url, String(rows)]);
  const answer = measured.parse(JSON.parse(stdout));
  expect(answer.result.outcomes).toMatchObject([{ kind: 'complete', rows }]);
  return answer;
}

test('a checkpoint holds no more of its rows in memory than a few batches', { timeout: 120_000 }, async () => {
  // An array of these 10^5 rows alone holds 15 MiB.
  expect((await write(100_000, '--expose-gc')).heldBytes).toBeLessThan(8 * MIB);
});

test('a checkpoint of 10^6 rows keeps the process under 256 MiB', { timeout: 600_000 }, async () => {
  const rows = scaled(100_000, 1_000_000);
  expect((await write(rows)).peakRssBytes).toBeLessThan(scaled(160, 256) * MIB);
  const { rows: kept } = await db.owner.query(
    'select c.row_count, c.total::text, count(*)::int as written, sum(u.quantity)::text as sum from checkpoints c join usage_daily u using (checkpoint_id) group by 1, 2',
  );
  const total = `${(BigInt(rows) * BigInt(rows - 1)) / 2n + BigInt(rows) / 2n}`;
  expect(kept).toEqual([{ row_count: rows, total, written: rows, sum: `${total}.0` }]);
});
