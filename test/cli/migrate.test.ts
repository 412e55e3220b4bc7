import { randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { migrate } from '../../shared/database/migrate.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { daybook } from './command-line.ts';

const SQL = join(import.meta.dirname, '..', '..', 'sql');
const MIGRATIONS = readdirSync(join(SQL, 'migrations')).sort();
const NEWEST = MIGRATIONS.at(-1) ?? '';

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.remove());

const run = (words: string, url = db.url) =>
  daybook(words, { database: db.database, environment: { DATABASE_URL: url } });

describe('daybook migrate', () => {
  test('makes the whole schema of an empty database, and a repeat does nothing', async () => {
    const name = `empty_${randomUUID().replaceAll('-', '')}`;
    await db.owner.query(`create database ${name} template template0`);
    const url = db.url.replace(/[^/]+$/, name);
    try {
      expect((await run('migrate plan --json', url)).json()).toMatchObject({ applied: 0, edited: [] });
      const first = await run('migrate apply --json', url);
      expect(first).toMatchObject({ code: 0 });
      expect(first.json()).toMatchObject({ applied: MIGRATIONS, alreadyApplied: 0 });
      expect((await run('migrate apply --json', url)).json()).toMatchObject({
        applied: [],
        alreadyApplied: MIGRATIONS.length,
      });
    } finally {
      await db.owner.query(`drop database ${name} with (force)`);
    }
  });

  test('refuses a file that was edited after it was applied, and names it', async () => {
    await db.owner.query("update schema_migrations set digest = 'sha256:other' where name = $1", [NEWEST]);
    const plan = await run('migrate plan');
    expect(plan.code).toBe(1);
    expect(plan.out).toContain(`${NEWEST} was edited after it was applied`);
    const apply = await run('migrate apply --json');
    expect(apply.code).toBe(1);
    expect(apply.json()).toMatchObject({ refused: { reason: 'edited_migration' } });
  });

  test('refuses a role that may not change the schema', async () => {
    const role = `reader_${randomUUID().slice(0, 8)}`;
    await db.owner.query(`create role ${role} login password 'x'`);
    try {
      const address = Object.assign(new URL(db.url), { username: role, password: 'x' }).toString();
      expect((await run('migrate plan --json', address)).json()).toMatchObject({
        refused: { reason: 'not_the_migrating_role' },
      });
    } finally {
      await db.owner.query(`drop role ${role}`);
    }
  });
});

describe('a migration', () => {
  test('that cannot have its locks gives up in time, changes nothing, and is applied when the way is free', async () => {
    const limits = { lockTimeoutMs: 50, statementTimeoutMs: 10_000, attempts: 2 };
    const other = new pg.Client({ connectionString: db.url });
    await other.connect();
    await other.query('begin');
    await other.query('lock table state_transitions in share mode');
    await expect(migrate(db.owner, SQL, limits)).rejects.toThrow(/did not get its locks in 50 ms, 2 times/);
    const { rows } = await db.owner.query('select count(*)::int as listed from state_transitions');
    expect(rows[0]?.listed).toBeGreaterThan(0);
    await other.query('rollback');
    await other.end();
    expect(await migrate(db.owner, SQL, limits)).toMatchObject({ applied: [] });
  });
});
