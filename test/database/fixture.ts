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
export async function createTestDatabase(effects: Effects = systemEffects()): Promise<TestDatabase> {
  const name = `test_${randomUUID().replaceAll('-', '')}`;
  const base = inject('postgresUrl');
  const admin = new pg.Client({ connectionString: base.replace('DATABASE', 'postgres') });
  await admin.connect();
  await admin.query(`create database ${admin.escapeIdentifier(name)} template ${TEMPLATE}`);
  const url = base.replace('DATABASE', name);
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  const database = openDatabase({ url, role: 'daybook_app', poolSize: 4, applicationName: 'test' }, effects);
  return {
    database,
    owner,
    url,
    remove: async () => {
      await database.close();
      await owner.end();
      await admin.query(`drop database ${admin.escapeIdentifier(name)} with (force)`);
      await admin.end();
    },
  };
}
