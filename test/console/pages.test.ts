import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create } from '../../functions/console/handler.ts';
import { findRoute, ROUTES } from '../../functions/console/routes.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { DOWNLOADS, SEEDED_ADDRESSES } from './addresses.ts';
import { type SeedOptions, seedEffects, seedMonth } from './seed.ts';
import { request, testWorld, textOf } from './world.ts';

async function read(database: TestDatabase, address: string, method = 'GET') {
  const reply = await create(testWorld(database).world)(request(method, address));
  return { ...reply, text: await textOf(reply) };
}

/** What a page must never show: a value that was not there, an object that nobody formatted. */
const UNFORMATTED = /undefined|\[object |NaN|Invalid Date/;

function seeded(options: SeedOptions | null): () => TestDatabase {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase(seedEffects);
    if (options !== null) await seedMonth(database, options);
  });
  afterAll(() => database.remove());
  return () => database;
}

describe('over a rated month', () => {
  const database = seeded({});

  test.each(SEEDED_ADDRESSES)('%s is a whole page', async (address) => {
    const { status, text } = await read(database(), address);
    expect(text).toMatch(/^<!doctype html>[\s\S]*<\/html>$/);
    expect(text).not.toMatch(UNFORMATTED);
    expect(status).toBe(200);
  });

  test('every route has an address that is tried here, or is shown below', () => {
    const tried = new Set(
      [...SEEDED_ADDRESSES, ...DOWNLOADS].map((address) => findRoute(address.split('?')[0] ?? '')?.route.pattern),
    );
    const untried = ROUTES.map((route) => route.pattern).filter((pattern) => !tried.has(pattern));
    expect(untried).toEqual([
      '/invoices/:period/:customer/:series/:issue',
      '/invoices/:period/:customer/:series/:issue/lines/:position',
      '/plans/:planVersion',
      // With every form of an adjustment, in test/corrections/console.test.ts.
      '/adjustments/:period/:customer/adjustment/:number',
    ]);
  });

  test('every link on every page leads to a page that is there', async () => {
    const links = new Set<string>();
    for (const address of SEEDED_ADDRESSES) {
      for (const [, href = ''] of (await read(database(), address)).text.matchAll(/href="([^"#]*)/g))
        links.add(href.replaceAll('&amp;', '&'));
    }
    const dead: string[] = [];
    for (const link of links) {
      const { status, text } = await read(database(), link);
      if (status !== 200 || UNFORMATTED.test(text)) dead.push(`${status} ${link}`);
    }
    expect(dead).toEqual([]);
    expect([...links].some((link) => link.startsWith('/plans/sha256:'))).toBe(true);
  });

  test('the overview names what needs a person, each with its command', async () => {
    const { text } = await read(database(), '/');
    expect(text).toContain('Run 2026-10 is ready for review');
    expect(text).toContain('npm run daybook -- run approve 2026-10');
    expect(text).toContain('Invoice 2026-10/quanta-bank/usage is held');
    expect(text).toContain('<li class="now" aria-current="step">in review</li>');
    expect(text).toContain('aria-label="Completeness of 6 sources over 31 days: 186 complete"');
  });

  test('an invoice names the unit of every figure that has one', async () => {
    const { text } = await read(database(), '/invoices/2026-10/nimbus-robotics/usage');
    expect(text).toMatch(/<code>\w+<\/code> [\d,.]+ usd</);
    expect(text).toMatch(/<td class="number"><span title="[\d.]+">[\d,.]+<\/span><span class="sub">requests?</);
  });

  test('a run shows each amount beside the last period’s, what it rests on, and why an invoice is held', async () => {
    const { text } = await read(database(), '/runs/2026-10');
    expect(text).toMatch(
      /8,955\.03 USD<\/td><td class="number"><a href="\/invoices\/2026-09\/nimbus-robotics\/usage">10,000\.00 USD/,
    );
    expect(text).toContain('−1,044.97 USD (−10.4 %)');
    expect(text).toContain('10,120.66 USD');
    expect(text).toContain('−378.34 USD (−3.6 %)');
    expect(text).toContain('unknown_metric: plan gpu-preview bills gpu_hours, which nothing measures');
    expect(text).toMatch(/europe-west1<\/th><td>requests<\/td><td class="number">31<\/td>/);
  });

  test('a line leads to its formula, figures computed anew, checkpoints and query text', async () => {
    const { text } = await read(database(), '/invoices/2026-10/nimbus-robotics/usage/lines/2');
    expect(text).toContain('max(0, data_gb - included_gb) * price_per_gb');
    expect(text).toContain('6571.0755');
    expect(text).toContain('computed anew: the same');
    expect(text).not.toContain('badge bad');
    expect(text).toContain('the plan says 0.13');
    expect(text).toContain('>europe-west1/data-gb/2026-10-14@1</a>');
    expect(text).toContain('sum by (project) (data_gb_total{region=&quot;europe-west1&quot;} @ end())');
  });

  test('a cell that was read twice shows both revisions; one that failed first shows why', async () => {
    const twice = await read(database(), '/usage/europe-west1/requests/2026-10-14');
    expect(twice.text).toMatch(/revision 2[\s\S]*complete[\s\S]*revision 1[\s\S]*superseded/);
    const failed = await read(database(), '/usage/europe-west1/requests/2026-10-07');
    expect(failed.text).toContain('source timeout');
  });

  test('the audit page says that the chain is unbroken, and where it is broken', async () => {
    expect((await read(database(), '/audit')).text).toContain('>unbroken<');
    const copy = await createTestDatabase(seedEffects);
    await seedMonth(copy);
    await copy.owner.query(
      "alter table audit_log disable trigger all; update audit_log set why = 'another reason' where sequence = 4",
    );
    const { text } = await read(copy, '/audit');
    await copy.remove();
    expect(text).toContain('Entries that were changed, or whose predecessor is another: 4.');
  });
});

describe('over an empty database', () => {
  const database = seeded(null);

  test('a long list is shown a hundred at a time, and says which of how many', async () => {
    await database().owner.query(
      `insert into customers select 'c' || lpad(n::text, 4, '0'), 'Customer ' || n, null from generate_series(1, 250) n`,
    );
    const shown = async (address: string) => {
      const { text } = await read(database(), address);
      const links = [...text.matchAll(/href="\/customers\?sheet=(\d+)"/g)].map(([, sheet]) => sheet);
      return [text.split('<tbody>')[1]?.match(/<tr>/g)?.length, /(\d+ to \d+ of \d+)/.exec(text)?.[1], links];
    };
    expect(await shown('/customers')).toEqual([100, '1 to 100 of 250', ['2']]);
    expect(await shown('/customers?sheet=2')).toEqual([100, '101 to 200 of 250', ['1', '3']]);
    expect(await shown('/customers?sheet=99')).toEqual([50, '201 to 250 of 250', ['2']]);
    await database().owner.query(`delete from customers where customer_id ~ '^c\\d{4}$'`);
  });

  test.each(['/', '/runs', '/usage', '/customers', '/exceptions', '/plans', '/audit'])(
    '%s is a page that says what is not there yet',
    async (address) => {
      const { status, text } = await read(database(), address);
      expect(status).toBe(200);
      expect(text).not.toMatch(UNFORMATTED);
    },
  );

  test.each([
    ['/runs/2026-10', 'There is no billing run of 2026-10.'],
    ['/invoices/2026-10/nobody/usage', 'There is no invoice 2026-10/nobody/usage.'],
    ['/invoices/2026-10/nobody/usage/2', 'There is no invoice 2026-10/nobody/usage/2.'],
    ['/invoices/2026-10/nobody/usage/lines/0', 'There is no line 0'],
    ['/usage/europe-west1/requests/2026-10-14', 'No source requests is active in europe-west1'],
    ['/checkpoints/999999999999999999', 'There is no checkpoint 999999999999999999.'],
    ['/customers/nobody', 'There is no customer nobody.'],
    [`/plans/sha256:${'0'.repeat(64)}`, 'There is no plan version'],
    ['/nowhere', 'There is no page /nowhere.'],
  ])('%s is a 404 that says what is missing and leads on', async (address, words) => {
    const { status, text } = await read(database(), address);
    expect(status).toBe(404);
    expect(text).toContain(words);
    expect(text).toMatch(/<p class="muted"><a href="\//);
  });

  test.each([
    '/runs/2026-13',
    '/runs/0000-01',
    '/usage?period=x',
    '/usage/europe-west1/requests/2026-02-30',
    '/checkpoints/-1',
    '/checkpoints/0x10',
    '/checkpoints/9223372036854775808',
    '/customers/Nobody%20Else',
    '/customers/..%2F..%2Fetc',
    '/plans/sha256:short',
    '/audit?before=1e3',
    '/customers?sheet=0',
    '/invoices/2026-10/acme/usage/0',
    '/invoices/2026-10/acme/usage/lines/1.5',
    '/%E0%A4%A',
    '/customers/a%00b',
    "/customers/a'%20or%201=1--",
  ])('%s names nothing that can be there: a 404, and the database is not asked', async (address) => {
    const { world } = testWorld(database());
    const reader = { rows: unreachable, first: unreachable, transaction: unreachable, close: unreachable };
    const reply = await create({ ...world, database: reader })(request('GET', address));
    expect(reply.status).toBe(404);
  });
});

async function unreachable(): Promise<never> {
  throw new Error('the database was asked');
}
