import { afterAll, beforeAll, expect, test } from 'vitest';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { type Database, openDatabase } from '../../shared/database/database.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { decimal } from '../../shared/exact/decimal.ts';
import { aggregateDay } from '../../shared/usage/aggregate.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { scaled } from '../scale.ts';
import { readerOf, type WholeReading } from './reading.ts';
import { seedWorld } from './seed.ts';

const DAY = utcDay('2026-10-05');
const WORKERS = 10;
/** Everyday a count of attempts, so that a slow machine does no less; thorough, a minute. */
const ROUNDS = scaled(6, Number.POSITIVE_INFINITY);
const RACE_MS = scaled(Number.POSITIVE_INFINITY, 60_000);
const PROJECTS = 40;

let db: TestDatabase;
let pool: Database;
beforeAll(async () => {
  db = await createTestDatabase();
  await seed(db);
  pool = openDatabase(
    { url: db.url, role: 'daybook_app', poolSize: WORKERS, applicationName: 'race' },
    systemEffects(),
  );
});
afterAll(async () => {
  await pool.close();
  await db.remove();
});

async function seed(test: TestDatabase): Promise<void> {
  await seedWorld(test.owner);
  await test.owner.query(
    `insert into metrics values ('data_gb', 'Data', 'GB', 'sum', 1), ('peak', 'Peak', 'request/s', 'max', 1)`,
  );
  await test.owner.query(`insert into usage_sources select replace(metric, '_', '-'), 1, metric, 'us-east', '{}', 'sha256:c', '2026-09-01'
    from metrics where metric <> 'requests'`);
}

/** The digests that readings have where nobody races, by source. */
async function quietDigests(readings: ReadonlyMap<string, number>): Promise<ReadonlyMap<string, string>> {
  const quiet = await createTestDatabase();
  try {
    await seed(quiet);
    const openReader = async ({ source_id }: { readonly source_id: string }) =>
      readerOf(readingOf(readings.get(source_id) ?? 0));
    const request = { region: 'us-east', day: DAY, snapshotAt: new Date(), actor: 'service:quiet', why: 'comparison' };
    await aggregateDay({ database: quiet.database, effects: systemEffects(), openReader }, request);
    const { rows } = await quiet.owner.query<{ source_id: string; digest: string }>(
      `select source_id, digest from checkpoints where status = 'complete'`,
    );
    return new Map(rows.map(({ source_id, digest }) => [source_id, digest]));
  } finally {
    await quiet.remove();
  }
}

/** What the source says after `reading` changes: every quantity carries its number, so that mixed rows show. */
function readingOf(reading: number): WholeReading {
  const rows = Array.from({ length: PROJECTS }, (_, index) => ({
    project: `project-${index}`,
    quantity: decimal(`${reading * 1_000 + index}`),
  }));
  return { kind: 'complete', rows, evidence: { queries: [], facts: { reading } } };
}

test('promises 3 and 9: ten workers that race on reruns of one region and day leave one current revision a cell, and whole ones', async () => {
  let reads = 0;
  const ended: string[] = [];
  // The data changes with every third reading, whoever reads.
  const openReader = async () => readerOf(async () => readingOf(Math.floor(reads++ / 3)));
  const until = performance.now() + RACE_MS;
  const work = async (worker: number): Promise<void> => {
    for (let round = 0; round < ROUNDS && performance.now() < until; round += 1) {
      const request = { region: 'us-east', day: DAY, snapshotAt: new Date(), actor: `service:worker-${worker}` };
      const result = await aggregateDay(
        { database: pool, effects: systemEffects(), openReader },
        { ...request, why: 'race' },
      );
      if (result.kind === 'refused') throw new Error(result.reason);
      ended.push(...result.outcomes.map(({ kind }) => kind));
    }
  };
  await Promise.all(Array.from({ length: WORKERS }, (_, worker) => work(worker)));

  const cells = await db.owner.query(`
    select source_id, count(*) filter (where status = 'complete')::int as current, count(*) filter (where status = 'running')::int as running,
      max(revision) = count(revision) and min(revision) = 1 as gapless,
      max(revision) = max(revision) filter (where status = 'complete') as newest_is_current,
      count(*) filter (where status in ('complete', 'superseded'))::int as completed, count(*) filter (where status = 'unchanged')::int as unchanged,
      count(*)::int as attempts
    from checkpoints group by source_id order by source_id`);
  expect(cells.rows.map(({ source_id }) => source_id)).toEqual(['data-gb', 'peak', 'requests']);
  for (const cell of cells.rows)
    expect(cell).toMatchObject({ current: 1, running: 0, gapless: true, newest_is_current: true });
  // Rows of one reading and no other, all of them; and none that belongs to no checkpoint.
  const revisions = await db.owner.query(`
    select c.source_id, c.revision, c.row_count, c.digest, (c.evidence::jsonb -> 'facts' ->> 'reading')::bigint as reading, c.total::text,
      count(u.project_id)::int as rows, sum(u.quantity)::text as sum,
      coalesce(bool_and(u.quantity = (c.evidence::jsonb -> 'facts' ->> 'reading')::numeric * 1000 + substr(u.project_id, 9)::int), false) as whole
    from checkpoints c left join usage_daily u on u.checkpoint_id = c.checkpoint_id and u.day = c.day
    where c.status in ('complete', 'superseded') group by c.checkpoint_id order by c.source_id, c.revision`);
  for (const revision of revisions.rows)
    expect(revision).toMatchObject({ whole: true, rows: PROJECTS, row_count: PROJECTS, sum: revision.total });
  // The same reading has the same digest, another reading another; a revision differs from the one before it.
  for (const [, own] of Map.groupBy(revisions.rows, ({ source_id }) => source_id)) {
    const byReading = Map.groupBy(own, ({ reading }) => reading);
    for (const [, same] of byReading) expect(new Set(same.map(({ digest }) => digest)).size).toBe(1);
    expect(new Set(own.map(({ digest }) => digest)).size).toBe(byReading.size);
    for (const [index, { digest }] of own.entries()) expect(digest).not.toBe(own[index - 1]?.digest);
  }
  const last = new Map(revisions.rows.map((revision) => [revision.source_id, revision]));
  const quiet = await quietDigests(new Map([...last].map(([source, { reading }]) => [source, Number(reading)])));
  for (const [source, { digest }] of last) expect({ source, digest }).toEqual({ source, digest: quiet.get(source) });
  const strays = await db.owner.query(`
    select count(*)::int as strays from usage_daily u left join checkpoints c on c.checkpoint_id = u.checkpoint_id
    where c.status is null or c.status not in ('complete', 'superseded')`);
  expect(strays.rows).toEqual([{ strays: 0 }]);
  // Every attempt that says it made a revision made one, and the race was one.
  const completed = cells.rows.reduce((sum, cell) => sum + cell.completed, 0);
  expect(ended.filter((kind) => kind === 'complete')).toHaveLength(completed);
  expect(ended.filter((kind) => kind === 'fenced_out').length).toBeGreaterThan(0);
  expect(completed).toBeGreaterThan(cells.rows.length);
}, 180_000);
