import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { collectRun } from '../../shared/billing/collect-run.ts';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { daybook } from './command-line.ts';
import { aggregateMonth, aggregateRegion, EFFECTS, PERIOD, ratedMonth, rateMonth, seedCatalogue } from './month.ts';

const INVOICE = '2026-10/acme/usage';
const FIRST_DAY = utcDay('2026-10-01');

let db: TestDatabase;
afterEach(() => db.remove());

const replay = (...options: string[]) =>
  daybook(['invoice', 'replay', ...options], { database: db.database, effects: EFFECTS });
const period = async () => (await replay('--period', PERIOD, '--json')).json() as ReplayJson;

interface ReplayJson {
  readonly byteIdentical: boolean;
  readonly identical: number;
  readonly different: number;
  readonly rowsGone: number;
  readonly invoices: readonly {
    readonly invoice: string;
    readonly kind: string;
    readonly differences?: readonly { readonly what: string; readonly line: string | null; readonly field: string }[];
  }[];
}

/** Changes what no role of the application can change, as a thief with the owner's rights would. */
async function tamper(...statements: string[]): Promise<void> {
  await db.owner.query('set session_replication_role = replica');
  for (const statement of statements) await db.owner.query(statement);
  await db.owner.query('set session_replication_role = origin');
}

describe('promise 13: the same inputs give the same bytes, whatever happened since', () => {
  beforeEach(async () => {
    db = await ratedMonth();
  });

  test('an invoice and its period come out byte-identical, with what was compared', async () => {
    const one = await replay(INVOICE);
    expect(one.out).toMatch(/2026-10\/acme\/usage {2}byte-identical {2}[\d,]+ bytes, 3 charges, no request yet/);
    expect(one.code).toBe(0);
    expect((await replay('--period', PERIOD)).out).toContain(
      'byte-identical: 1 invoice, document, digest, charges and requests',
    );
  });

  test('after a rerun superseded a checkpoint that the invoice had pinned', async () => {
    await aggregateRegion(db, 'eu-west', FIRST_DAY, undefined, {
      requests: [{ project: 'acme-app', quantity: '9999' }],
    });
    const superseded = await db.owner.query(
      `select count(*)::int as n from run_checkpoints join checkpoints using (checkpoint_id) where status = 'superseded'`,
    );
    expect(superseded.rows[0].n).toBeGreaterThan(0);
    expect(await period()).toMatchObject({ byteIdentical: true, identical: 1 });
  });

  test('after the contract ended, its plan was retired and a divisor was corrected', async () => {
    await tamper(
      `update contracts set status = 'ended', ends_on = '2026-10-02'`,
      `update plan_versions set status = 'retired'`,
      `update metrics set divisor = 1000`,
    );
    expect(await period()).toMatchObject({ byteIdentical: true, identical: 1 });
  });

  test('after the inputs changed before the approval: the superseded invoice and its successor both', async () => {
    await aggregateRegion(db, 'eu-west', FIRST_DAY, undefined, {
      requests: [{ project: 'acme-app', quantity: '9999' }],
      'peak-rps': [{ project: 'acme-app', quantity: '70' }],
    });
    const intent = { actor: 'service:validate-usage', why: 'test' };
    await db.database.transaction(intent, (transaction) => collectRun(transaction, EFFECTS, PERIOD));
    await rateMonth(db, 2);
    const { invoices, byteIdentical } = await period();
    expect(byteIdentical).toBe(true);
    expect(invoices.map(({ invoice }) => invoice)).toEqual([INVOICE, `${INVOICE}/2`]);
  });

  test('in other processes, time zones and locales', () => {
    const places = [
      ['UTC', 'C'],
      ['Pacific/Kiritimati', 'tr_TR.UTF-8'],
      ['America/St_Johns', 'de_DE.UTF-8'],
    ];
    const outputs = places.map(([TZ, LC_ALL]) => {
      const env = { ...process.env, TZ, LC_ALL, LANG: LC_ALL, DATABASE_URL: db.url };
      const command = join(import.meta.dirname, '..', '..', 'shared', 'cli', 'daybook.ts');
      return execFileSync(process.execPath, [command, 'invoice', 'replay', '--period', PERIOD, '--json'], {
        env,
        encoding: 'utf8',
      });
    });
    expect(JSON.parse(outputs[0] ?? '')).toMatchObject({ byteIdentical: true, identical: 1 });
    expect(new Set(outputs).size).toBe(1);
  });
});

describe('a replay can fail, and says where', () => {
  beforeEach(async () => {
    db = await ratedMonth();
  });

  const differences = async () => (await period()).invoices[0]?.differences ?? [];

  test('a changed usage row: line, field, old and new in document, digest, invoice and charge', async () => {
    await tamper(
      `update usage_daily set quantity = 60 where metric = 'requests' and project_id = 'acme-app' and day = '2026-10-02' and region = 'eu-west'`,
    );
    const found = await differences();
    expect(found).toContainEqual({
      what: 'document',
      line: 'requests',
      field: 'lines.exact',
      kept: '20.15',
      recomputed: '21.125',
    });
    expect(found).toContainEqual({
      what: 'charge',
      line: 'requests',
      field: 'amount',
      kept: '2015',
      recomputed: '2113',
    });
    expect(found).toContainEqual({ what: 'invoice', line: null, field: 'total', kept: '71015', recomputed: '71113' });
    expect(found).toContainEqual(expect.objectContaining({ what: 'digest', field: 'document_digest' }));
    const shown = await replay(INVOICE);
    expect(shown.out).toContain('document, line requests: lines.amount is 2015, computed anew 2113');
    expect(shown.out).toContain('… and 11 more (all with --json)');
    expect(shown.code).toBe(1);
  });

  test.each([
    [
      'a changed amount of a charge',
      `update charges set amount = 7001 where line_key = 'peak:acme-app'`,
      { what: 'charge', line: 'peak:acme-app', field: 'amount' },
    ],
    [
      'a changed formula of a charge',
      `update charges set formula = 'fee' where line_key = 'fee'`,
      { what: 'charge', line: 'fee', field: 'formula' },
    ],
    [
      'a removed charge',
      `delete from charges where line_key = 'fee'`,
      { what: 'charge', line: 'fee', field: 'billed 0 row' },
    ],
    [
      'a changed label in the document',
      `update invoices set document = replace(document, 'Platform fee', 'Platform tax')`,
      { what: 'document', line: 'fee', field: 'lines.label' },
    ],
    [
      'white space in the document',
      `update invoices set document = document || ' '`,
      { what: 'document', field: 'bytes' },
    ],
    [
      'a document that is no JSON any more',
      `update invoices set document = '{"lines":'`,
      { what: 'document', field: 'bytes' },
    ],
    ['a changed total', `update invoices set total = total + 1`, { what: 'invoice', field: 'total' }],
    [
      'a changed parameter in the pinned contract',
      `update run_contracts set overrides = '{}'`,
      { what: 'charge', line: 'fee', field: 'amount' },
    ],
    [
      'a changed divisor in the pins',
      `update run_metrics set divisor = 2`,
      { what: 'charge', line: 'requests', field: 'quantity' },
    ],
    [
      'a checkpoint taken out of the pins',
      `delete from run_checkpoints where checkpoint_id = (select min(checkpoint_id) from checkpoints where metric = 'requests')`,
      { what: 'charge', line: 'requests', field: 'quantity' },
    ],
  ] as const)('%s', async (_name, statement, expected) => {
    await tamper(statement);
    expect(await differences()).toContainEqual(expect.objectContaining(expected));
    expect((await replay('--period', PERIOD)).code).toBe(1);
  });

  test('usage rows that retention dropped with their month: said so, and the digest is still held to', async () => {
    await tamper('alter table usage_daily detach partition usage_daily_202610', 'drop table usage_daily_202610');
    const gone = await replay(INVOICE);
    expect(gone.out).toContain('rows gone  retention has dropped its usage rows');
    expect(gone.code).toBe(1);
    expect(await period()).toMatchObject({ byteIdentical: false, rowsGone: 1, different: 0 });
    await tamper(`update invoices set document = replace(document, 'Platform fee', 'Platform tax')`);
    expect(await period()).toMatchObject({ rowsGone: 0, different: 1 });
  });
});

describe('held invoices', () => {
  test('promise 13: what was held comes out with the same reason to the byte, and a changed reason is found', async () => {
    db = await createTestDatabase();
    await seedCatalogue(db);
    await aggregateMonth(db, { requests: [{ project: 'acme-app', quantity: '1e30' }] });
    await rateMonth(db);
    expect((await replay(INVOICE)).out).toMatch(/byte-identical {2}[\d,]+ bytes, held, no lines/);
    await tamper(`update invoices set document = replace(document, 'amount_out_of_range', 'no_contract')`);
    expect((await period()).invoices[0]?.differences).toContainEqual(
      expect.objectContaining({ what: 'document', field: 'held.reason' }),
    );
  });
});

describe('wrong use', () => {
  beforeEach(async () => {
    db = await createTestDatabase();
  });

  test('neither or both of invoice and period, an unknown invoice, a period without invoices', async () => {
    expect(await replay()).toMatchObject({ code: 2, err: expect.stringContaining('either one invoice or --period') });
    expect(await replay(INVOICE, '--period', PERIOD)).toMatchObject({ code: 2 });
    expect(await replay('2026-10/nobody/usage')).toMatchObject({
      code: 1,
      err: expect.stringContaining('daybook invoice list'),
    });
    expect(await replay('--period', '2020-01')).toMatchObject({
      code: 1,
      err: expect.stringContaining('There are no invoices of 2020-01'),
    });
  });
});
