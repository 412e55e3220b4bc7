import { join } from 'node:path';
import type pg from 'pg';
import type { Configuration } from '../configuration/configuration.ts';
import { migrate, type PlannedMigration, planMigrations } from '../database/migrate.ts';
import { lazyPool } from '../database/pool.ts';
import { type UnsafeStatement, unsafeStatements } from '../database/unsafe-statements.ts';
import { addCommand, type Registration, runReading } from './commands.ts';
import { type CommandOutcome, refused } from './outcome.ts';
import type { Session } from './session.ts';
import type { Style } from './terminal/style.ts';
import { counted, indent, table } from './terminal/table.ts';

export const SQL_FOLDER = join(import.meta.dirname, '..', '..', 'sql');

export function registerMigrate(registration: Registration): void {
  const group = registration.program
    .command('migrate')
    .description(
      'bring the schema up to date, beside the version that runs; DATABASE_URL names the owner of the schema',
    );
  addCommand(group, 'plan', 'which migrations wait, and what in them the running version may not survive').action(
    runReading<[]>(registration, (session) => withOwner(session, plan)),
  );
  addCommand(group, 'apply', 'apply what waits, in order; a repeat does nothing')
    .option('--accept-unsafe', 'also what the running version may not survive: only while nothing runs')
    .action(
      runReading<[{ readonly acceptUnsafe?: boolean }]>(registration, (session, { acceptUnsafe = false }) =>
        withOwner(session, (client) => apply(client, acceptUnsafe)),
      ),
    );
}

/** A connection of its own, as the login role: the application's role may not change the schema. */
async function withOwner(
  { configuration }: Session,
  work: (client: pg.PoolClient) => Promise<CommandOutcome>,
): Promise<CommandOutcome> {
  return withLoginRole(configuration, async (client) => {
    const { rows } = await client.query<{ role: string; may: boolean }>(
      "select current_user as role, has_schema_privilege('public', 'create') as may",
    );
    if (rows[0]?.may) return work(client);
    const message = `${rows[0]?.role} may not change the schema: put the migrating role's address into DATABASE_URL.`;
    return refused('not_the_migrating_role', message);
  });
}

/** One connection as the role that DATABASE_URL signs in with. */
export async function withLoginRole<T>(
  { databaseUrl: url, databaseInstance: instance }: Configuration,
  work: (client: pg.PoolClient) => Promise<T>,
): Promise<T> {
  const pool = lazyPool({ url, instance, role: null, poolSize: 1, applicationName: 'daybook migrate' });
  try {
    const client = await pool.connect();
    try {
      return await work(client);
    } finally {
      client.release(true);
    }
  } finally {
    await pool.end();
  }
}

interface Plan {
  readonly waiting: readonly (PlannedMigration & { readonly unsafe: readonly UnsafeStatement[] })[];
  readonly applied: number;
  readonly edited: readonly string[];
  /** An empty database has no version that runs on it. */
  readonly isNew: boolean;
}

async function readPlan(client: pg.PoolClient): Promise<Plan> {
  const migrations = await planMigrations(client, SQL_FOLDER);
  const applied = migrations.filter(({ state }) => state === 'applied').length;
  const waiting = migrations.filter(({ state }) => state === 'waiting');
  return {
    waiting: waiting.map((migration) => ({ ...migration, unsafe: unsafeStatements(migration.text) })),
    applied,
    edited: migrations.filter(({ state }) => state === 'edited').map(({ name }) => name),
    isNew: applied === 0,
  };
}

async function plan(client: pg.PoolClient): Promise<CommandOutcome> {
  const { waiting, applied, edited, isNew } = await readPlan(client);
  const unsafe = isNew ? [] : waiting.filter((migration) => migration.unsafe.length > 0);
  return {
    kind: edited.length > 0 || unsafe.length > 0 ? 'failed' : 'done',
    value: {
      applied,
      edited,
      waiting: waiting.map(({ name, unsafe: found }) => ({ name, unsafe: isNew ? [] : found })),
    },
    text: (style) =>
      [
        `${counted(applied, 'migration')} applied, ${counted(waiting.length, 'migration')} waiting`,
        ...waiting.map(({ name }) => `  ${name}`),
        ...edited.map((name) => style.bad(`  ${name} was edited after it was applied: restore it`)),
        ...unsafe.flatMap((migration) => unsafeText(migration, style)),
      ].join('\n'),
  };
}

function unsafeText({ name, unsafe }: Plan['waiting'][number], style: Style): string[] {
  const rows = unsafe.map(({ rule, statement, advice }) => [rule, `${statement}\n`, advice]);
  return [
    style.warning(`${name} is not safe beside the version that runs:`),
    ...rows.map(([rule, statement, advice]) => indent(`${rule}: ${statement?.trim()}\n  ${advice}`, 2)),
  ];
}

async function apply(client: pg.PoolClient, acceptUnsafe: boolean): Promise<CommandOutcome> {
  const { waiting, edited, isNew } = await readPlan(client);
  if (edited.length > 0) {
    return refused(
      'edited_migration',
      `${edited.join(', ')} changed after it was applied: restore the file, and put the change into a new migration.`,
    );
  }
  const unsafe = waiting.filter((migration) => migration.unsafe.length > 0);
  if (!isNew && !acceptUnsafe && unsafe.length > 0) {
    return refused(
      'unsafe_beside_the_running_version',
      `${unsafe.map(({ name }) => name).join(', ')} may break the version that runs: "daybook migrate plan" says where; stop everything and add --accept-unsafe, or write it in steps (sql/README.md).`,
    );
  }
  const begun = performance.now();
  const { applied, alreadyApplied } = await migrate(client, SQL_FOLDER);
  const milliseconds = Math.round(performance.now() - begun);
  return {
    kind: 'done',
    value: { applied, alreadyApplied: alreadyApplied.length, milliseconds },
    text: (style) =>
      applied.length === 0
        ? style.good('The schema is up to date.')
        : `${table(
            [{ title: 'applied' }],
            applied.map((name) => [name]),
            style,
          )}\n\n${counted(applied.length, 'migration')} in ${milliseconds} ms`,
  };
}
