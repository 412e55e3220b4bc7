import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { INVOICE_COLUMNS, LINE_COLUMNS } from '../../shared/exports/columns.ts';
import { safeCell } from '../../shared/exports/csv.ts';
import { exportInvoices } from '../../shared/exports/export.ts';
import { daybook } from '../cli/command-line.ts';
import { EFFECTS, PERIOD, ratedMonth } from '../cli/month.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { NAUGHTY_STRINGS } from './naughty-strings.ts';
import { parseCsv } from './parse-csv.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await ratedMonth();
  await db.owner.query(`insert into customers select 'copy-' || n, 'Copy', null from generate_series(1, 450) n`);
  await db.owner.query('set session_replication_role = replica');
  // Enough invoices for several batches; each as acme's.
  await db.owner.query(
    `insert into invoices select (jsonb_populate_record(i, jsonb_build_object('invoice_id', '2026-10/copy-' || n || '/usage', 'customer_id', 'copy-' || n))).*
     from invoices i cross join generate_series(1, 450) n`,
  );
  await db.owner.query(
    `insert into charges select (jsonb_populate_record(c, jsonb_build_object('invoice_id', '2026-10/copy-' || n || '/usage', 'customer_id', 'copy-' || n))).*
     from charges c cross join generate_series(1, 450) n`,
  );
  await db.owner.query('set session_replication_role = origin');
});
afterAll(() => db.remove());

const run = (...options: string[]) =>
  daybook(['invoice', 'export', '--period', PERIOD, ...options], { database: db.database, effects: EFFECTS });

/** The records of a CSV as objects by the header. */
function objects(text: string): readonly Readonly<Record<string, string>>[] {
  const [header = [], ...records] = parseCsv(text);
  return records.map((record) => {
    expect(record).toHaveLength(header.length);
    return Object.fromEntries(header.map((name, index) => [name, record[index] ?? '']));
  });
}

const sum = (values: readonly (string | undefined)[]) =>
  values.reduce((total, value) => total + BigInt(value ?? 'x'), 0n);

describe('what finance takes away', () => {
  test('the columns are those that programs of finance know, in their order', () => {
    expect(INVOICE_COLUMNS.map(({ name }) => name)).toMatchInlineSnapshot(`
      [
        "invoice",
        "customer",
        "customer_name",
        "period",
        "series",
        "run",
        "status",
        "currency",
        "subtotal",
        "total",
        "subtotal_minor",
        "total_minor",
        "hold_reason",
        "stripe_invoice",
        "stripe_number",
        "rated_at",
        "document_digest",
      ]
    `);
    expect(LINE_COLUMNS.map(({ name }) => name)).toMatchInlineSnapshot(`
      [
        "invoice",
        "customer",
        "customer_name",
        "period",
        "series",
        "status",
        "position",
        "line",
        "label",
        "project",
        "contract",
        "from",
        "until",
        "plan",
        "plan_version",
        "formula",
        "quantity",
        "currency",
        "exact",
        "amount",
        "amount_minor",
        "formula_digest",
        "parameters_digest",
        "usage_digest",
        "adjustment",
      ]
    `);
    for (const { meaning } of [...INVOICE_COLUMNS, ...LINE_COLUMNS]) expect(meaning.length).toBeGreaterThan(10);
  });

  test('an invoice: amounts in the major unit beside minor units and currency', async () => {
    const [acme] = objects((await run()).out);
    expect(acme).toMatchObject({
      invoice: '2026-10/acme/usage',
      customer: 'acme',
      status: 'rated',
      currency: 'USD',
      total: '710.15',
      total_minor: '71015',
      hold_reason: '',
      rated_at: '2026-11-02T08:00:00.000Z',
    });
  });

  test('promise 2: the totals of invoices and of lines, in CSV and JSON, are the run’s', async () => {
    const { rows } = await db.owner.query(
      `select sum(total)::text as total from invoices where status <> 'superseded'`,
    );
    const total = BigInt(rows[0].total);
    const json = (await run('--format', 'json', '--lines')).json() as {
      readonly invoices: readonly {
        readonly total_minor: string;
        readonly lines: readonly { readonly amount_minor: string }[];
      }[];
    };
    expect(sum(objects((await run()).out).map((row) => row.total_minor))).toBe(total);
    expect(sum(objects((await run('--lines')).out).map((row) => row.amount_minor))).toBe(total);
    expect(sum(json.invoices.map((row) => row.total_minor))).toBe(total);
    expect(sum(json.invoices.flatMap(({ lines }) => lines.map((line) => line.amount_minor)))).toBe(total);
    expect(json.invoices).toHaveLength(451);
  });

  test('promise 13: the same data are the same bytes, in the byte order of the ids', async () => {
    const [first, again] = [await run('--lines'), await run('--lines')];
    expect(again.out).toBe(first.out);
    const ids = objects((await run()).out).map((row) => row.invoice ?? '');
    expect(ids).toEqual([...ids].sort());
  });

  test('memory is bounded: no part is longer than a batch of invoices', async () => {
    const sizes: number[] = [];
    for await (const part of exportInvoices(db.database, { period: PERIOD, format: 'csv', lines: true }))
      sizes.push(parseCsv(part).length);
    expect(sizes).toEqual([1, 600, 600, 153]);
  });

  test('--out writes a whole file or none', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'export-'));
    const file = join(folder, 'lines.csv');
    expect(await run('--lines', '--out', file)).toMatchObject({ code: 0, out: expect.stringContaining('written') });
    expect(readFileSync(file, 'utf8')).toBe((await run('--lines')).out);
    const broken = { ...db.database, rows: async () => Promise.reject(new Error('connection lost')) };
    await daybook(['invoice', 'export', '--period', PERIOD, '--out', join(folder, 'other.csv')], { database: broken });
    expect(readdirSync(folder)).toEqual(['lines.csv']);
    expect(await run('--out', join(folder, 'no', 'folder.csv'))).toMatchObject({
      code: 1,
      err: expect.stringContaining('cannot be written (ENOENT)'),
    });
    rmSync(folder, { recursive: true });
  });

  test('a period without invoices is a header, or an empty list', async () => {
    const of = (...options: string[]) =>
      daybook(['invoice', 'export', '--period', '2020-01', ...options], { database: db.database });
    expect(parseCsv((await of()).out)).toHaveLength(1);
    expect((await of('--format', 'json')).json()).toEqual({ period: '2020-01', invoices: [] });
    expect(await of('--format', 'xlsx')).toMatchObject({
      code: 2,
      err: expect.stringContaining('Write one of csv, json'),
    });
  });
});

describe('hostile texts', () => {
  test('a cell that a spreadsheet would run is made text, and nothing else is touched', () => {
    const changed = NAUGHTY_STRINGS.filter((text) => safeCell(text) !== text);
    expect(changed).toEqual(NAUGHTY_STRINGS.filter((text) => /^[\s\p{Cc}\p{Cf}]*[=+\-@＝＋－＠]/u.test(text)));
    expect(changed.length).toBeGreaterThan(12);
    for (const text of changed) expect(safeCell(text)).toBe(`'${text}`);
    expect(safeCell('a=b')).toBe('a=b');
    expect(safeCell('')).toBe('');
  });

  test('every naughty string comes back from CSV as it is or as text, and from JSON as it is', async () => {
    for (const [index, text] of NAUGHTY_STRINGS.entries())
      await db.owner.query('update customers set name = $1 where customer_id = $2', [text, `copy-${index + 1}`]);
    const csv = new Map(objects((await run('--lines')).out).map((row) => [row.customer, row.customer_name]));
    const json = (await run('--format', 'json')).json() as {
      readonly invoices: readonly { readonly customer: string; readonly customer_name: string }[];
    };
    const names = new Map(json.invoices.map((row) => [row.customer, row.customer_name]));
    for (const [index, text] of NAUGHTY_STRINGS.entries()) {
      expect(csv.get(`copy-${index + 1}`)).toBe(safeCell(text));
      expect(names.get(`copy-${index + 1}`)).toBe(text);
    }
  });

  test('a negative amount stays a number', async () => {
    await db.owner.query('set session_replication_role = replica');
    await db.owner.query(`update invoices set total = -5, subtotal = -5 where customer_id = 'copy-450'`);
    await db.owner.query('set session_replication_role = origin');
    const row = objects((await run()).out).find(({ customer }) => customer === 'copy-450');
    expect(row).toMatchObject({ total: '-0.05', total_minor: '-5' });
  });
});
