import { join } from 'node:path';
import pg from 'pg';
import type { TestProject } from 'vitest/node';
import { migrate } from '../../shared/database/migrate.ts';
import { startTemporaryPostgres } from '../local-cloud/postgres/temporary.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Address of the server, with DATABASE where the database's name belongs. */
    postgresUrl: string;
  }
}

/** The name of the migrated database that every test's own database is a copy of. */
export const TEMPLATE = 'daybook_template';

/** One server for the whole run: DATABASE_URL when it is set, else an embedded one; with the migrated template on it. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const given = process.env.DATABASE_URL;
  const server = given ? serverAt(given) : await startTemporaryPostgres();
  await recreateTemplate(server.url('postgres'));
  const client = new pg.Client({ connectionString: server.url(TEMPLATE) });
  await client.connect();
  await migrate(client, join(import.meta.dirname, '..', '..', 'sql'));
  await client.end();
  project.provide('postgresUrl', server.url('DATABASE'));
  return server.stop;
}

interface TestServer {
  url(database: string): string;
  stop(): Promise<void>;
}

/** A server of someone else's: only databases of our own names are made and dropped on it. */
function serverAt(address: string): TestServer {
  const url = (database: string) => Object.assign(new URL(address), { pathname: `/${database}` }).toString();
  return { url, stop: async () => undefined };
}

async function recreateTemplate(adminUrl: string): Promise<void> {
  const admin = new pg.Client({ connectionString: adminUrl });
  await admin.connect();
  await admin.query(`drop database if exists ${TEMPLATE}`);
  await admin.query(`create database ${TEMPLATE} template template0 encoding 'UTF8'`);
  await admin.end();
}
