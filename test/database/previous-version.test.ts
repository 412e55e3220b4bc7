import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { verifyAuditLog } from '../../shared/audit/verify.ts';
import { explainInvoice } from '../../shared/billing/explain.ts';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { periodDays } from '../../shared/calendar/billing-period.ts';
import { type Database, openDatabase } from '../../shared/database/database.ts';
import { migrate } from '../../shared/database/migrate.ts';
import { invoiceListOfRun } from '../../shared/database/queries.generated.ts';
import type { Query } from '../../shared/database/query.ts';
import { isComplete } from '../../shared/usage/completeness.ts';
import { DAYS, EFFECTS, PERIOD, REGIONS } from '../billing/month.ts';
import { scaled } from '../scale.ts';
import type { TestDatabase } from './fixture.ts';
import { type PreviousVersion, previousVersion } from './previous-version.ts';

const SQL = join(import.meta.dirname, '..', '..', 'sql');
const CUSTOMERS = Array.from({ length: scaled(6, 60) }, (_, index) => `customer-${String(index).padStart(2, '0')}`);
/** Of one customer in one cell; a request costs 0.10 usd. */
const REQUESTS = 70;
const CELLS = DAYS.length * REGIONS.length;
const ROWS = Object.fromEntries(CUSTOMERS.map((customer) => [`${customer}-app`, String(REQUESTS)]));
const TOTAL = BigInt(REQUESTS * CELLS * 10);

type OldMonth = typeof import('../billing/month.ts');
type OldDatabase = typeof import('../../shared/database/database.ts');
type OldMigrate = typeof import('../../shared/database/migrate.ts');

/** The rows that a publisher holds while it publishes. */
const HOLD_FACTS: Query<Record<never, never>, never> = {
  name: 'hold_facts',
  parameters: [],
  text: 'select event_id from outbox for update',
};

interface Old {
  readonly month: OldMonth;
  readonly database: Database;
}

const version: PreviousVersion = previousVersion();
let admin: pg.Client;
beforeAll(async () => {
  admin = new pg.Client({ connectionString: inject('postgresUrl').replace('DATABASE', 'postgres') });
  await admin.connect();
});
afterAll(async () => {
  await admin.end();
  if (version.kind === 'found') version.remove();
});

/** A database of the previous version with its customers and contracts, and that version's own code to work on it. */
async function withPrevious(work: (old: Old, test: TestDatabase) => Promise<void>): Promise<void> {
  if (version.kind !== 'found') throw new Error(version.reason);
  const name = `previous_${randomUUID().replaceAll('-', '')}`;
  await admin.query(`create database ${name} template template0 encoding 'UTF8'`);
  const url = inject('postgresUrl').replace('DATABASE', name);
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  const load = (path: string) => import(/* @vite-ignore */ join(version.folder, path));
  const [month, { openDatabase: openOld }, { migrate: migrateOld }] = (await Promise.all([
    load('test/billing/month.ts'),
    load('shared/database/database.ts'),
    load('shared/database/migrate.ts'),
  ])) as [OldMonth, OldDatabase, OldMigrate];
  await migrateOld(owner, join(version.folder, 'sql'));
  const database = openOld({ url, role: 'daybook_app', poolSize: 4, applicationName: 'previous version' }, EFFECTS);
  const inTest: TestDatabase = { database, owner, url, remove: async () => undefined };
  try {
    await month.seedContracts(inTest, CUSTOMERS);
    await work({ month, database }, inTest);
  } finally {
    await database.close();
    await owner.end();
    await admin.query(`drop database ${name} with (force)`);
  }
}

async function migrateBeside(url: string) {
  const client = new pg.Client({ connectionString: url, application_name: 'migration' });
  await client.connect();
  try {
    return await migrate(client, SQL, { lockTimeoutMs: 300, statementTimeoutMs: 60_000, attempts: 200 });
  } finally {
    await client.end();
  }
}

/** Until the migration waits behind the old version's transaction, or is through because nothing held it up. */
async function untilBlocked(owner: pg.Client, migration: Promise<unknown>): Promise<void> {
  let through = false;
  migration.then(
    () => {
      through = true;
    },
    () => {
      through = true;
    },
  );
  while (!through) {
    const { rows } = await owner.query(
      "select from pg_stat_activity where application_name = 'migration' and wait_event_type = 'Lock'",
    );
    if (rows.length > 0) return;
    await delay(5);
  }
}

/** What the new version sees: everything that the old one wrote, and a run that it can carry on. */
async function expectNothingLost(url: string): Promise<void> {
  const database = openDatabase({ url, role: 'daybook_app', poolSize: 2, applicationName: 'new version' }, EFFECTS);
  try {
    expect(await isComplete(database, periodDays(PERIOD))).toBe(true);
    const invoices = await database.rows(invoiceListOfRun, { run_id: PERIOD });
    expect(invoices.map(({ customer_id, total }) => [customer_id, total])).toEqual(
      CUSTOMERS.map((customer) => [customer, TOTAL]),
    );
    for (const { invoice_id } of invoices.slice(0, 3)) {
      expect(await explainInvoice(database, invoice_id)).toMatchObject({ explanation: { matches: true } });
    }
    expect((await verifyAuditLog(database)).faults).toEqual([]);
    const decision = { runId: PERIOD, approver: 'person:fay', why: 'it looks right' };
    expect(await approveRun({ database, effects: EFFECTS }, decision)).toMatchObject({ kind: 'approved' });
  } finally {
    await database.close();
  }
}

describe('the newest migration, beside the version that runs', () => {
  test('promises 1 and 10: loses nothing that the old version writes before, while and after it is applied', async (context) => {
    if (version.kind === 'none') context.skip(`no previous version to run: ${version.reason}`);
    await withPrevious(async ({ month, database }, { owner, url }) => {
      const [first, ...rest] = DAYS.flatMap((day) => REGIONS.map((region) => ({ day, region })));
      if (!first) throw new Error('there are no cells');
      await month.aggregate(database, first.region, first.day, ROWS);
      // The old version is inside a transaction that has written a fact when the migration begins.
      const { promise: held, resolve: release } = Promise.withResolvers<void>();
      const { promise: writing, resolve: written } = Promise.withResolvers<void>();
      const inside = database.transaction({ actor: 'service:validate-usage', why: 'test' }, async (transaction) => {
        await transaction.rows(HOLD_FACTS, {});
        written();
        await held;
      });
      await writing;
      const migration = migrateBeside(url);
      await untilBlocked(owner, migration);
      release();
      await inside;
      // And it goes on writing, whatever the migration is at.
      for (const { day, region } of rest) await month.aggregate(database, region, day, ROWS);
      const { applied } = await migration;
      expect(applied.length).toBeGreaterThan(0);
      expect(await month.collect(database)).toBe('pinned');
      expect(await month.rate(database, 0)).toMatchObject({ kind: 'rated', invoices: CUSTOMERS.length });
      const { rows } = await owner.query(
        "select count(*)::int as facts from outbox where topic = 'usage.checkpointed'",
      );
      expect(rows).toEqual([{ facts: CELLS }]);
      await expectNothingLost(url);
    });
  });

  test('can be left in place when the old version comes back: it bills a whole month on the new schema', async (context) => {
    if (version.kind === 'none') context.skip(`no previous version to run: ${version.reason}`);
    await withPrevious(async ({ month, database }, { url }) => {
      await migrateBeside(url);
      await month.aggregateAll(database, ROWS);
      expect(await month.collect(database)).toBe('pinned');
      expect(await month.rate(database, 0)).toMatchObject({ kind: 'rated', invoices: CUSTOMERS.length });
      await expectNothingLost(url);
    });
  });
});
