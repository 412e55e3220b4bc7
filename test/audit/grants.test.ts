import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';

const APPEND_ONLY = ['audit_log', 'audit_seals'];

let db: TestDatabase;
let roles: readonly string[];
let tables: readonly string[];
beforeAll(async () => {
  db = await createTestDatabase();
  await db.owner.query(`select prepare_usage_partitions('2026-10-01')`);
  roles = (await db.owner.query(`select rolname from pg_roles where rolname like 'daybook\\_%' order by 1`)).rows.map(
    (row) => row.rolname,
  );
  tables = (
    await db.owner.query(
      `select c.oid::regclass::text as name from pg_class c where relnamespace = 'public'::regnamespace and relkind in ('r', 'p', 'v', 'm') order by 1`,
    )
  ).rows.map((row) => row.name);
});
afterAll(() => db.remove());

async function rights(role: string, table: string, asked: readonly string[]): Promise<readonly string[]> {
  const { rows } = await db.owner.query(
    `select privilege from unnest($3::text[]) privilege where has_table_privilege($1, $2, privilege)
       or (privilege in ('INSERT', 'UPDATE', 'REFERENCES') and has_any_column_privilege($1, $2, privilege))`,
    [role, table, asked],
  );
  return rows.map((row) => row.privilege);
}

describe('promise 16: no role of Daybook can change the log', () => {
  test('the roles are known, and none is a superuser or owns a table', async () => {
    expect(roles).toEqual(
      expect.arrayContaining(['daybook_app', 'daybook_auditor', 'daybook_checker', 'daybook_portal']),
    );
    const strong = await db.owner.query(
      `select rolname from pg_roles r where rolname = any($1) and (rolsuper or rolcreaterole or rolbypassrls
         or exists (select from pg_class c where c.relowner = r.oid))`,
      [roles],
    );
    expect(strong.rows).toEqual([]);
  });

  test.each(APPEND_ONLY)('%s: nobody inserts, updates, deletes or truncates', async (table) => {
    for (const role of [...roles, 'public']) {
      const held = await rights(role, table, ['INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'TRIGGER', 'REFERENCES']);
      expect({ role, held }).toEqual({ role, held: [] });
    }
  });

  test.each(APPEND_ONLY)('%s: what no right forbids a trigger does', async (table) => {
    await db.owner.query(`select set_config('daybook.now', '2026-11-01T12:00:00Z', false)`);
    await db.owner.query(`select audit_append('test.done', 'x', '{}')`);
    await db.owner.query(`select audit_seal('2026-11-01', '2026-11-02T00:10:00Z')`);
    for (const statement of [`update ${table} set hash = hash`, `delete from ${table}`, `truncate ${table}`])
      await expect(db.owner.query(statement)).rejects.toMatchObject({ code: 'DB002' });
  });

  test('only the application appends and seals', async () => {
    const { rows } = await db.owner.query(
      `select r.rolname, p.proname from pg_roles r cross join pg_proc p
       where r.rolname = any($1) and p.proname in ('audit_append', 'audit_seal') and has_function_privilege(r.oid, p.oid, 'EXECUTE') order by 2`,
      [roles],
    );
    expect(rows).toEqual([
      { rolname: 'daybook_app', proname: 'audit_append' },
      { rolname: 'daybook_app', proname: 'audit_seal' },
    ]);
  });
});

describe('the auditor reads everything and nothing else', () => {
  test('every table and partition can be read', async () => {
    for (const table of tables)
      expect({ table, held: await rights('daybook_auditor', table, ['SELECT']) }).toEqual({ table, held: ['SELECT'] });
    expect(tables.length).toBeGreaterThan(35);
  });

  test('no table can be written', async () => {
    for (const table of tables) {
      const held = await rights('daybook_auditor', table, [
        'INSERT',
        'UPDATE',
        'DELETE',
        'TRUNCATE',
        'REFERENCES',
        'TRIGGER',
      ]);
      expect({ table, held }).toEqual({ table, held: [] });
    }
  });

  test('no function that runs with its owner’s rights, may write and is not a trigger, may be called', async () => {
    const { rows } = await db.owner.query(
      `select proname from pg_proc where pronamespace = 'public'::regnamespace and prosecdef and provolatile = 'v' and prorettype <> 'trigger'::regtype
         and has_function_privilege('daybook_auditor', oid, 'EXECUTE') order by 1`,
    );
    expect(rows).toEqual([]);
  });
});
