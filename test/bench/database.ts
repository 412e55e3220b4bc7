import pg from 'pg';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { type Database, openDatabase } from '../../shared/database/database.ts';
import type { Effect, Effects } from '../../shared/effects/effects.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { decimal } from '../../shared/exact/decimal.ts';
import type { UsageRow } from '../../shared/sources/reading.ts';
import { aggregateDay } from '../../shared/usage/aggregate.ts';
import { openServer, openSetting } from '../simulation/setting.ts';
import { readerOf } from '../usage/reading.ts';

/** A database of the simulated month's catalogue, for one benchmark. */
export interface BenchDatabase {
  readonly database: Database;
  readonly owner: pg.Client;
  readonly effects: Effects;
  /** Milliseconds spent in each effect since the last call. */
  takeTimes(): ReadonlyMap<string, number>;
}

const NOW = new Date('2026-11-02T09:00:00Z');

/** Runs work on a fresh database of an embedded server, or of the one in DATABASE_URL. */
export async function withDatabase<T>(work: (bench: BenchDatabase) => Promise<T>): Promise<T> {
  const server = await openServer();
  const setting = await openSetting(server.address);
  const url = await setting.copy();
  const owner = new pg.Client({ connectionString: url });
  await owner.connect();
  let times = new Map<string, number>();
  const effects: Effects = {
    ...systemEffects(),
    now: () => NOW,
    perform: async <T>({ name }: Effect, run: () => Promise<T>) => {
      const begun = performance.now();
      try {
        return await run();
      } finally {
        times.set(name, (times.get(name) ?? 0) + performance.now() - begun);
      }
    },
  };
  const database = openDatabase({ url, role: 'daybook_app', poolSize: 2, applicationName: 'bench' }, effects);
  const takeTimes = () => {
    const taken = times;
    times = new Map();
    return taken;
  };
  try {
    return await work({ database, owner, effects, takeTimes });
  } finally {
    await database.close();
    await owner.end();
    await setting.remove(url);
    await setting.close();
    await server.stop();
  }
}

/** Makes projects with one owner each, by turns among the customers. */
export async function addProjects(
  owner: pg.Client,
  projects: readonly string[],
  customers: readonly string[],
): Promise<void> {
  const owners = projects.map((_, index) => customers[index % customers.length] ?? '');
  await owner.query('insert into projects (project_id) select unnest($1::text[])', [projects]);
  await owner.query(
    `insert into project_ownerships (project_id, customer_id, owned_from) select p, c, '2026-01-01' from unnest($1::text[], $2::text[]) r (p, c)`,
    [projects, owners],
  );
}

/** Writes one checkpoint through shared/usage. */
export async function writeCheckpoint(
  { database, effects }: Pick<BenchDatabase, 'database' | 'effects'>,
  cell: { readonly region: string; readonly source: string; readonly day: string },
  rows: readonly UsageRow[],
): Promise<void> {
  const reader = readerOf({ kind: 'complete', rows, evidence: { queries: [], facts: {} } });
  const work = {
    region: cell.region,
    source: cell.source,
    day: utcDay(cell.day),
    snapshotAt: NOW,
    actor: 'service:aggregate-usage',
    why: 'bench',
  };
  const result = await aggregateDay({ database, effects, openReader: async () => reader }, work);
  if (result.kind !== 'aggregated' || result.outcomes.some(({ kind }) => kind !== 'complete'))
    throw new Error(`the checkpoint was not written: ${JSON.stringify(result)}`);
}

export function usageRows(projects: readonly string[], salt: number): UsageRow[] {
  return projects.map((project, index) => ({
    project,
    quantity: decimal(`${1_000 + ((index * 7919 + salt) % 9_973)}.125`),
  }));
}
