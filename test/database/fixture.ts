import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { inject } from 'vitest';
import { type Database, openDatabase } from '../../shared/database/database.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { TEMPLATE } from './global-setup.ts';

/** A database of one test: a copy of the migrated template, removed at the end. */
export interface TestDatabase {
  /** As the application's role. */
  readonly database: Database;
  /** As the owner of the schema, for preparing and for looking behind. */
  readonly owner: pg.Client;
  readonly url: string;
  remove(): Promise<void>;
}

/** Copies the template. `effects` defaults to the real ones. */
export function createTestDatabase(effects: Effects = systemEffects()): Promise<TestDatabase> {
  return openCopy(TEMPLATE, effects);
}

/** A prepared database that many copies begin from. */
export interface StartDatabase {
  copy(effects?: Effects): Promise<TestDatabase>;
  remove(): Promise<void>;
}

/** Prepares a database once, for tests that need the same beginning many times. */
export async function createStart(
  prepare: (db: TestDatabase) => Promise<void>,
  effects: Effects = systemEffects(),
): Promise<StartDatabase> {
  const db = await createTestDatabase(effects);
  await prepare(db);
  const name = new URL(db.url).pathname.slice(1);
  await disconnect(db);
  return { copy: (own = effects) => openCopy(name, own), remove: () => dropDatabase(name) };
}

async function openCopy(template: string, effects: Effects): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  await asAdmin(
    (admin) => `create database ${admin.escapeIdentifier(name)} template ${admin.escapeIdentifier(template)}`,
  );
  const url = inject('postgresUrl').replace('DATABASE', name);
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  const database = openDatabase({ url, role: 'daybook_app', poolSize: 4, applicationName: 'test' }, effects);
  const remove = async () => {
    await disconnect({ database, owner });
    await dropDatabase(name);
  };
  return { database, owner, url, remove };
}

async function disconnect({ database, owner }: Pick<TestDatabase, 'database' | 'owner'>): Promise<void> {
  await database.close();
  await owner.end();
}

function dropDatabase(name: string): Promise<void> {
  return asAdmin((admin) => `drop database ${admin.escapeIdentifier(name)} with (force)`);
}

async function asAdmin(statement: (admin: pg.Client) => string): Promise<void> {
  const admin = new pg.Client({ connectionString: inject('postgresUrl').replace('DATABASE', 'postgres') });
  await admin.connect();
  try {
    await admin.query(statement(admin));
  } finally {
    await admin.end();
  }
}
