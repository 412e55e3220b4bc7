import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { digest } from '../../shared/canonical/canonical-json.ts';

/** Writes what guards the data after all migrations, so that `audit verify` finds what was changed or is missing since. */
export async function guardsFile(client: pg.Client, queries: string): Promise<string> {
  const query = readFileSync(join(queries, 'guard_list.sql'), 'utf8').replace(/;\s*$/, '');
  const { rows } = await client.query<{ 'guard!': string; 'definition!': string }>(query);
  const [latest] = (await client.query<{ name: string }>('select max(name) as name from schema_migrations')).rows;
  const lines = rows
    .map((row): [string, string] => [row['guard!'], digest(row['definition!'])])
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([guard, definition]) => `  ${JSON.stringify(guard)}: '${definition}',`);
  return `// Generated from the migrated database by "npm run generate", with the definitions as PostgreSQL writes them. Do not edit.

/** The migration after which the guards are these. */
export const GUARDED_SCHEMA = ${JSON.stringify(latest?.name)};

/** The digest of each guard's definition. */
export const GUARDS: Readonly<Record<string, string>> = {
${lines.join('\n')}
};
`;
}
