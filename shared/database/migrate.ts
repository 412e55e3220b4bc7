import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { digest } from '../canonical/canonical-json.ts';

/** What one call of {@link migrate} did. */
export interface MigrationResult {
  readonly applied: readonly string[];
  readonly alreadyApplied: readonly string[];
}

const LOCK = 4_201_337;

/**
 * Brings the schema up to date: each `NNNN_name.sql` in `folder` once, in order, each in its own transaction, then the
 * list of allowed transitions. Safe to run from two places at once. Throws when an applied file has changed since.
 */
export async function migrate(client: pg.Client | pg.PoolClient, folder: string): Promise<MigrationResult> {
  await client.query('select pg_advisory_lock($1)', [LOCK]);
  try {
    await client.query(
      'create table if not exists schema_migrations (name text primary key, digest text not null, applied_at timestamptz not null default clock_timestamp())',
    );
    const known = await client.query<{ name: string; digest: string }>('select name, digest from schema_migrations');
    const applied: string[] = [];
    const alreadyApplied: string[] = [];
    for (const name of migrationNames(join(folder, 'migrations'))) {
      const text = readFileSync(join(folder, 'migrations', name), 'utf8');
      const before = known.rows.find((row) => row.name === name);
      if (before && before.digest !== digest(text)) {
        throw new Error(
          `Migration ${name} was applied with other content: restore the file, and put the change into a new migration.`,
        );
      }
      if (before) alreadyApplied.push(name);
      else applied.push(await apply(client, name, text));
    }
    await client.query(readFileSync(join(folder, 'transitions.generated.sql'), 'utf8'));
    return { applied, alreadyApplied };
  } finally {
    await client.query('select pg_advisory_unlock($1)', [LOCK]);
  }
}

function migrationNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_.+\.sql$/.test(name))
    .sort();
}

async function apply(client: pg.Client | pg.PoolClient, name: string, text: string): Promise<string> {
  await client.query('begin');
  try {
    await client.query(text);
    await client.query('insert into schema_migrations (name, digest) values ($1, $2)', [name, digest(text)]);
    await client.query('commit');
    return name;
  } catch (error) {
    await client.query('rollback');
    throw new Error(
      `Migration ${name} failed and was rolled back: ${error instanceof Error ? error.message : String(error)}`,
      { cause: error },
    );
  }
}
