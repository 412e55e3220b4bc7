import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { migrate } from '../../shared/database/migrate.ts';
import { startPostgres } from '../local-cloud/postgres/server.ts';
import { seedCatalogue } from './catalogue.ts';

/** A server with the template of simulated months: migrated, and filled with the catalogue. */
export interface Setting {
  /** Makes a fresh copy and returns its address, as the owner of the schema. */
  copy(): Promise<string>;
  remove(url: string): Promise<void>;
  close(): Promise<void>;
}

const SQL_FOLDER = join(import.meta.dirname, '..', '..', 'sql');

/** Prepares the template on a server. `address` has DATABASE in the place of the database's name. */
export async function openSetting(address: string): Promise<Setting> {
  const admin = new pg.Client({ connectionString: address.replace('DATABASE', 'postgres') });
  await admin.connect();
  const template = newName();
  await admin.query(`create database ${template} template template0 encoding 'UTF8'`);
  try {
    await fillTemplate(address.replace('DATABASE', template));
  } catch (error) {
    await admin.end();
    throw error;
  }
  let turn: Promise<unknown> = Promise.resolve();
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = turn.then(work);
    turn = result.catch(() => undefined);
    return result;
  };
  return {
    copy: () =>
      inTurn(async () => {
        const name = newName();
        await admin.query(`create database ${name} template ${template}`);
        return address.replace('DATABASE', name);
      }),
    remove: (copyUrl) =>
      inTurn(async () => {
        await admin.query(`drop database ${admin.escapeIdentifier(new URL(copyUrl).pathname.slice(1))} with (force)`);
      }),
    close: () =>
      inTurn(async () => {
        await admin.query(`drop database ${template} with (force)`);
        await admin.end();
      }),
  };
}

async function fillTemplate(url: string): Promise<void> {
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  try {
    await migrate(owner, SQL_FOLDER);
    await seedCatalogue(url, owner);
  } finally {
    await owner.end();
  }
}

/** An embedded server of its own for the command line; with `DATABASE_URL` set, that one. */
export async function openServer(): Promise<{ readonly address: string; stop(): Promise<void> }> {
  const given = process.env.DATABASE_URL;
  if (given !== undefined && given !== '') {
    return {
      address: Object.assign(new URL(given), { pathname: '/DATABASE' }).toString(),
      stop: async () => undefined,
    };
  }
  const folder = mkdtempSync(join(tmpdir(), 'daybook-simulation-'));
  const server = await startPostgres({ dataDirectory: join(folder, 'data'), durable: false });
  return {
    address: server.url('DATABASE'),
    stop: async () => {
      await server.stop();
      rmSync(server.dataDirectory, { recursive: true, force: true });
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function newName(): string {
  return `simulation_${randomUUID().replaceAll('-', '')}`;
}
