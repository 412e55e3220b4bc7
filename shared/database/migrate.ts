import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type pg from 'pg';
import { digest } from '../canonical/canonical-json.ts';
import { sqlStateOf } from './sqlstate.ts';
import { statementsOf } from './unsafe-statements.ts';

/** What one call of {@link migrate} did. */
export interface MigrationResult {
  readonly applied: readonly string[];
  readonly alreadyApplied: readonly string[];
}

export interface MigrationLimits {
  /**
   * How long one statement may wait for a lock. While it waits, everybody who comes after it waits too: a migration
   * beside a running version gives up soon and tries again.
   */
  readonly lockTimeoutMs: number;
  readonly statementTimeoutMs: number;
  /** Attempts at a migration that did not get its locks. */
  readonly attempts: number;
}

const LIMITS: MigrationLimits = { lockTimeoutMs: 5_000, statementTimeoutMs: 600_000, attempts: 12 };

const LOCK = 4_201_337;
const LOCK_NOT_AVAILABLE = '55P03';

/** First line of a migration whose one statement cannot run in a transaction, like `create index concurrently`. */
const OUTSIDE_TRANSACTION = /^-- outside a transaction\b/;

/** A migration of the folder, beside what the database knows of it. */
export interface PlannedMigration {
  readonly name: string;
  readonly text: string;
  /** `edited`: it was applied with another content. */
  readonly state: 'waiting' | 'applied' | 'edited';
}

/** Compares the folder with the database. Changes nothing. */
export async function planMigrations(
  client: pg.Client | pg.PoolClient,
  folder: string,
): Promise<readonly PlannedMigration[]> {
  const { rows: tables } = await client.query<{ there: boolean }>(
    "select to_regclass('public.schema_migrations') is not null as there",
  );
  const known = tables[0]?.there
    ? (await client.query<{ name: string; digest: string }>('select name, digest from schema_migrations')).rows
    : [];
  return migrationNames(join(folder, 'migrations')).map((name) => {
    const text = readFileSync(join(folder, 'migrations', name), 'utf8');
    const before = known.find((row) => row.name === name);
    const state = before === undefined ? 'waiting' : before.digest === digest(text) ? 'applied' : 'edited';
    return { name, text, state };
  });
}

/**
 * Brings the schema up to date: each `NNNN_name.sql` in `folder` once, in order, each in its own transaction, with
 * the list of allowed transitions before and after. Safe to run from two places at once, and beside the version that runs (sql/README.md).
 * Throws when an applied file has changed since, and when a lock could not be had: what was applied before stays.
 */
export async function migrate(
  client: pg.Client | pg.PoolClient,
  folder: string,
  limits: MigrationLimits = LIMITS,
): Promise<MigrationResult> {
  await client.query('select pg_advisory_lock($1)', [LOCK]);
  try {
    await client.query(
      'create table if not exists schema_migrations (name text primary key, digest text not null, applied_at timestamptz not null default clock_timestamp())',
    );
    const plan = await planMigrations(client, folder);
    const edited = plan.find(({ state }) => state === 'edited');
    if (edited) {
      throw new Error(
        `Migration ${edited.name} was applied with other content: restore the file, and put the change into a new migration.`,
      );
    }
    await client.query("select set_config('lock_timeout', $1, false), set_config('statement_timeout', $2, false)", [
      String(limits.lockTimeoutMs),
      String(limits.statementTimeoutMs),
    ]);
    const waiting = plan.filter(({ state }) => state === 'waiting');
    const transitions = readFileSync(join(folder, 'transitions.generated.sql'), 'utf8');
    const allowTransitions = () =>
      patiently('The list of allowed transitions', limits, client, () => client.query(transitions));
    // A migration may bring rows of a new kind to data that is there: what they may become must be known to its guard.
    if (waiting.length < plan.length) await allowTransitions();
    for (const migration of waiting) await applyPatiently(client, migration, limits);
    await allowTransitions();
    return {
      applied: waiting.map(({ name }) => name),
      alreadyApplied: plan.filter(({ state }) => state === 'applied').map(({ name }) => name),
    };
  } finally {
    await client.query('reset lock_timeout');
    await client.query('reset statement_timeout');
    await client.query('select pg_advisory_unlock($1)', [LOCK]);
  }
}

function migrationNames(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^\d{4}_.+\.sql$/.test(name))
    .sort();
}

function applyPatiently(
  client: pg.Client | pg.PoolClient,
  { name, text }: PlannedMigration,
  limits: MigrationLimits,
): Promise<void> {
  return patiently(`Migration ${name}`, limits, client, () =>
    OUTSIDE_TRANSACTION.test(text) ? applyOutside(client, name, text) : applyInside(client, name, text),
  );
}

/** Tries again what did not get its locks in time: those before it in the queue may be through by then. */
async function patiently(
  what: string,
  limits: MigrationLimits,
  client: pg.Client | pg.PoolClient,
  apply: () => Promise<unknown>,
): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await apply();
      return;
    } catch (error) {
      await client.query('rollback');
      const reason = error instanceof Error ? error.message : String(error);
      if (sqlStateOf(error) !== LOCK_NOT_AVAILABLE) {
        throw new Error(`${what} failed and was rolled back: ${reason}`, { cause: error });
      }
      if (attempt === limits.attempts) {
        throw new Error(
          `${what} did not get its locks in ${limits.lockTimeoutMs} ms, ${attempt} times, and changed nothing. Look in pg_stat_activity for a long transaction, end it or wait, and run it again.`,
          { cause: error },
        );
      }
    }
  }
}

async function applyInside(client: pg.Client | pg.PoolClient, name: string, text: string): Promise<void> {
  await client.query('begin');
  await client.query(text);
  await record(client, name, text);
  await client.query('commit');
}

/** A stop between the statement and its record repeats the statement: it must say `if not exists`. */
async function applyOutside(client: pg.Client | pg.PoolClient, name: string, text: string): Promise<void> {
  const statements = statementsOf(text);
  if (statements.length !== 1) {
    throw new Error(`${name} stands outside a transaction and must hold one statement, not ${statements.length}`);
  }
  await client.query(text);
  await record(client, name, text);
}

async function record(client: pg.Client | pg.PoolClient, name: string, text: string): Promise<void> {
  await client.query('insert into schema_migrations (name, digest) values ($1, $2)', [name, digest(text)]);
}
