import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { seedDemoMonth } from './demo-month.ts';
import { collect, rate } from './month.ts';

/** Digest by invoice, as they were when each customer was rated by itself, one statement a line. */
const GOLDEN = JSON.parse(readFileSync(join(import.meta.dirname, 'document.golden.json'), 'utf8')) as unknown;

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedDemoMonth(db);
});
afterEach(() => db.remove());

const invoices = async () =>
  (
    await db.owner.query<{ invoice_id: string; golden: string }>(
      `select invoice_id, format('%s %s, %s lines, %s', total, currency, (select count(*) from charges c where c.invoice_id = i.invoice_id), document_digest) as golden
       from invoices i where status <> 'superseded' order by invoice_id`,
    )
  ).rows;

test('promise 13: a month of every plan, mode and roll-up gives the same bytes as ever, whole or in shards', async () => {
  expect(await collect(db.database, 4)).toBe('pinned');
  for (const shard of [2, 0, 1]) await rate(db.database, shard);
  const rows = await invoices();
  expect(Object.fromEntries(rows.map(({ invoice_id: id, golden }) => [id, golden]))).toEqual(GOLDEN);
});
