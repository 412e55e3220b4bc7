import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../../shared/database/migrate.ts';
import { startTemporaryPostgres } from '../../test/local-cloud/postgres/temporary.ts';
import { guardsFile } from './guards-file.ts';
import { queryTypes } from './query-types.ts';
import { schemaDump } from './schema-dump.ts';
import { transitionsSql } from './transitions-sql.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Writes the generated files, or with `--check` says which of them no longer match their sources and exits 1. */
async function main(): Promise<void> {
  const check = process.argv.includes('--check');
  const drifted: string[] = [];
  const emit = (path: string, text: string): void => {
    const before = readIfPresent(join(ROOT, path));
    if (before === text) return;
    if (check) drifted.push(path);
    else {
      writeFileSync(join(ROOT, path), text);
      console.log(`wrote ${path}`);
    }
  };
  emit('sql/transitions.generated.sql', transitionsSql());
  await withMigratedDatabase(async (client) => {
    emit('sql/schema.sql', await schemaDump(client));
    const queries = join(ROOT, 'sql', 'queries');
    emit('shared/database/queries.generated.ts', await queryTypes(client, queries));
    emit('shared/audit/guards.generated.ts', await guardsFile(client, queries));
  });
  if (drifted.length > 0) {
    console.error(
      `Generated files do not match their sources: ${drifted.join(', ')}. Run "npm run generate" and commit the result.`,
    );
    process.exitCode = 1;
  }
}

async function withMigratedDatabase(work: (client: pg.Client) => Promise<void>): Promise<void> {
  const server = await startTemporaryPostgres();
  try {
    const client = new pg.Client({ connectionString: server.url('postgres') });
    await client.connect();
    await migrate(client, join(ROOT, 'sql'));
    await work(client);
    await client.end();
  } finally {
    await server.stop();
  }
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

await main();
