import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create } from '../../functions/console/handler.ts';
import { customerChanges } from '../../shared/console/report/differences.ts';
import { daybook } from '../cli/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { NAUGHTY_STRINGS } from '../exports/naughty-strings.ts';
import { DOWNLOADS } from './addresses.ts';
import { seedEffects, seedMonth } from './seed.ts';
import { request, testWorld, textOf } from './world.ts';

let db: TestDatabase;
let folder: string;
beforeAll(async () => {
  db = await createTestDatabase(seedEffects);
  await seedMonth(db, { stage: 'issuing' });
  folder = mkdtempSync(join(tmpdir(), 'report-'));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await db.remove();
});

const read = (address: string) => create(testWorld(db).world)(request('GET', address));
const run = (...words: string[]) => daybook(words, { database: db.database, effects: seedEffects });

/** The report as the command writes it. */
async function report(): Promise<string> {
  const file = join(folder, 'report.html');
  expect(await run('run', 'report', '2026-10', '--out', file)).toMatchObject({ code: 0 });
  return readFileSync(file, 'utf8');
}

describe('the run report', () => {
  test('shows what finance signs: inputs, completeness, plan versions, holds, differences, totals, sign-off, log', async () => {
    const text = await report();
    const { rows } = await db.owner.query(
      `select inputs_digest, (select encode(hash, 'hex') from audit_log order by sequence desc limit 1) as head,
         (select min(plan_version) from charges) as plan_version from billing_runs where run_id = '2026-10'`,
    );
    expect(text).toContain(rows[0].inputs_digest);
    expect(text).toContain(rows[0].head);
    expect(text).toContain(rows[0].plan_version);
    for (const part of [
      'Billing run 2026-10',
      'Cells required',
      'Differences to 2026-09',
      'Quanta Bank',
      'person:finn@example.com',
      'totals reviewed',
      'Head of the audit log',
      '8,955.03 USD',
    ])
      expect(text.replaceAll('<wbr>', '')).toContain(part);
    expect(text).not.toMatch(/undefined|\[object |NaN|Invalid Date/);
  });

  test('promise 2: the amounts of its invoices add up to the total, which the command says too', async () => {
    const [, invoices = ''] = /<h2>Invoices<\/h2>([\s\S]*?)<\/section>/.exec(await report()) ?? [];
    const cents = [...invoices.matchAll(/>([\d,]+\.\d\d) USD</g)].map(([, text = '']) =>
      BigInt(text.replace(/\D/g, '')),
    );
    const [sum = -1n] = cents.splice(-1);
    expect(cents.length).toBeGreaterThan(1);
    expect(cents.reduce((all, each) => all + each, 0n)).toBe(sum);
    expect(invoices).toMatch(/<strong>\d+ invoices in USD<\/strong>/);
    const { rows } = await db.owner.query(`select sum(total)::text as sum from invoices where run_id = '2026-10'`);
    expect(sum).toBe(BigInt(rows[0].sum));
    const shown = (await run('run', 'show', '2026-10')).out;
    expect(shown.replaceAll(',', '')).toContain(`${sum / 100n}.${String(sum % 100n).padStart(2, '0')} USD on`);
  });

  test('promise 23: a sign-off by a rule says so, and one that is still to come too', async () => {
    const read = async (columns: string) => {
      await db.owner.query(`set session_replication_role = replica`);
      await db.owner.query(`update billing_runs set ${columns} where run_id = '2026-10'`);
      await db.owner.query(`set session_replication_role = origin`);
      return /<dt>Approver<\/dt><dd>(.*?)<\/dd>/.exec(await report())?.[1];
    };
    const { rows } = await db.owner.query(`select approver from billing_runs where run_id = '2026-10'`);
    expect(await read(`approver = null, approval_rule = 'default-bounds'`)).toBe(
      'the rule default-bounds, without a person',
    );
    expect(await read(`approver = '${rows[0].approver}', approval_rule = null`)).toContain('finn');
  });

  test('needs nothing beside it and runs nothing', async () => {
    const text = await report();
    expect(text).not.toMatch(/<script|<link|<img|https?:\/\/(?!www\.w3\.org)|\son\w+=|<a /);
    expect(text).toContain('@page { size: A4');
  });

  test('promise 13: the same data are the same paper', async () => {
    expect(await report()).toBe(await report());
  });

  test('on the console it is the same body', async () => {
    const page = await textOf(await read('/runs/2026-10/report'));
    const [article] = /<article class="report">[\s\S]*<\/article>/.exec(await report()) ?? [];
    expect(page).toContain(article);
  });

  test('of a period without a run is refused', async () => {
    expect(await run('run', 'report', '2020-01', '--out', join(folder, 'x.html'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('There is no run 2020-01'),
    });
  });

  test('hostile names stay text in the file', async () => {
    for (const text of NAUGHTY_STRINGS) {
      await db.owner.query(`update customers set name = $1 where customer_id = 'nimbus-robotics'`, [text]);
      const written = await report();
      expect(written).not.toMatch(/<script|<img|onerror=alert\(1\)>(?!&)/);
    }
    await db.owner.query(`update customers set name = 'Nimbus' where customer_id = 'nimbus-robotics'`);
  });
});

describe('downloads of the console', () => {
  test.each(DOWNLOADS)('%s is the file that the command writes', async (address) => {
    const [, name = '', format = ''] = /([a-z]+)\.([a-z]+)$/.exec(address) ?? [];
    const lines = name === 'lines' || format === 'json' ? ['--lines'] : [];
    const reply = await read(address);
    expect(reply).toMatchObject({
      status: 200,
      headers: {
        'content-disposition': `attachment; filename="daybook-2026-10-${name}.${format}"`,
        'cache-control': 'no-store',
      },
    });
    const exported = await run('invoice', 'export', '--period', '2026-10', '--format', format, ...lines);
    expect(await textOf(reply)).toBe(exported.out);
    expect(exported.out.length).toBeGreaterThan(500);
  });

  test('of no period there is none', async () => {
    expect(await read('/runs/2026-13/lines.csv')).toMatchObject({ status: 404 });
  });
});

describe('differences to the last period', () => {
  const row = (customer: string, total: bigint, status = 'rated') => ({
    ...{ customer_id: customer, customer_name: customer, currency: 'usd', total, status },
  });
  test('the greatest change first, with who is new and who is gone; unchanged and held ones are none', () => {
    const changes = customerChanges({
      invoices: [row('new', 5n), row('same', 7n), row('up', 20n), row('held', 0n, 'held')],
      earlier: [row('same', 7n), row('up', 10n), row('gone', 30n)],
    } as never);
    expect(changes.map(({ customer, total, before, difference }) => [customer, total, before, difference])).toEqual([
      ['gone', null, 30n, -30n],
      ['up', 20n, 10n, 10n],
      ['new', 5n, null, 5n],
    ]);
  });
});
