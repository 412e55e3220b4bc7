import { afterAll, beforeAll, expect, test } from 'vitest';
import { create } from '../../functions/console/handler.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { seedEffects } from './seed.ts';
import { request, testWorld } from './world.ts';

let database: TestDatabase;
beforeAll(async () => {
  database = await createTestDatabase(seedEffects);
});
afterAll(() => database.remove());

const page = async () => String((await create(testWorld(database).world)(request('GET', '/reconciliation'))).body);

test('says that the two agree while nothing differs', async () => {
  expect(await page()).toContain('None: Stripe and Daybook agree.');
});

test('names each difference with both values, who accepted it, and the commands; texts from Stripe stay text', async () => {
  await database.owner.query(`insert into principals values ('person:fay', 'person', '{finance}', null)`);
  await database.owner.query(
    `insert into stripe_differences (difference_key, period, kind, invoice_id, stripe_invoice_id, place, local_value, stripe_value, status, found_at, seen_at)
     values ('1', '2026-10', 'line_description', '2026-10/acme/usage', 'in_1', 'requests', 'API requests', '<script>alert(1)</script>', 'open', $1, $1),
            ('2', '2026-10', 'status', '2026-10/birch/usage', 'in_2', null, 'finalized', 'paid', 'open', $1, $1)`,
    [seedEffects.now()],
  );
  await database.owner.query(`begin; select set_config('daybook.actor', 'person:fay', true);
    update stripe_differences set status = 'accepted', accepted_by = 'person:fay', why = 'paid by cheque' where difference_key = '2'; commit`);
  const text = await page();
  expect(text).toContain('line description');
  expect(text).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
  expect(text).not.toContain('<script>alert');
  expect(text).toContain('person:fay: paid by cheque');
  expect(text).toContain('reconcile --period 2026-10');
});
