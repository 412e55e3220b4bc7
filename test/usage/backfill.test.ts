import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { addDays, utcDay } from '../../shared/calendar/utc-day.ts';
import { openDatabase } from '../../shared/database/database.ts';
import type { Effect, Effects } from '../../shared/effects/effects.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { decimal } from '../../shared/exact/decimal.ts';
import type { OpenReader } from '../../shared/sources/readers.ts';
import { aggregateDay } from '../../shared/usage/aggregate.ts';
import {
  approveBackfill,
  type BackfillScope,
  findBackfill,
  openBackfill,
  resumeBackfill,
} from '../../shared/usage/backfill.ts';
import { continueBackfills, type EndedCell, workBackfill } from '../../shared/usage/backfill-worker.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { Random } from '../rating/random.ts';
import { scaled } from '../scale.ts';
import { readerOf, type WholeReading } from './reading.ts';

const FROM = utcDay('2026-10-01');
const DAYS = scaled(6, 31);
const SCOPE: BackfillScope = { from: FROM, to: addDays(FROM, DAYS), region: null, source: null };
const REGIONS = ['eu-west', 'us-east', 'us-west'];
const CELLS = REGIONS.length * DAYS;
const KILLS = scaled(5, 20);
const WHY = 'the source was repaired';
const OMAR = 'person:omar';
const START = Date.parse('2026-11-02T08:00:00Z');

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seed(db);
});
afterEach(() => db.remove());

async function seed({ owner }: TestDatabase): Promise<void> {
  await owner.query(`insert into principals (principal, kind, roles) values ('${OMAR}', 'person', '{operator,approver}'),
    ('person:ben', 'person', '{approver}'), ('person:olga', 'person', '{operator}')`);
  await owner.query(`insert into regions select region, 'EU', '2026-10-01' from unnest($1::text[]) region`, [REGIONS]);
  await owner.query(`insert into metrics values ('requests', 'Requests', 'request', 'sum', 1)`);
  await owner.query(
    `insert into usage_sources select 'requests', 1, 'requests', region, '{}', 'sha256:c', '2026-10-01' from regions`,
  );
}

const instant: Effects = { ...systemEffects(), now: () => new Date(START), fraction: () => 0.5 };

/** The figures of a source before it was repaired, or after: of every second day others, and one day that cannot be read. */
function reader(repaired: boolean): OpenReader {
  return async () => ({
    read: (region, day, keep) => readerOf(readingOf(region, day, repaired)).read(region, day, keep),
  });
}

function readingOf(region: string, day: string, repaired: boolean): WholeReading {
  const number = Number(day.slice(8));
  const evidence = { queries: [], facts: {} };
  if (repaired && region === 'us-west' && number === 3)
    return { kind: 'incomplete', reason: 'no_data', detail: 'nothing is left of that day', evidence };
  const quantity = decimal(`${number * 10 + (repaired && number % 2 === 0 ? 1 : 0)}`);
  return { kind: 'complete', rows: [{ project: `${region}-app`, quantity }], evidence };
}

const NOTHING: WholeReading = { kind: 'complete', rows: [], evidence: { queries: [], facts: {} } };

const dependencies = (openReader: OpenReader, database = db.database, effects = instant) => ({
  ...{ database, effects, openReader },
});

/** What the daily jobs had read before: all but the last day. */
async function readBefore(test: TestDatabase): Promise<void> {
  for (let index = 0; index < DAYS - 1; index += 1) {
    for (const region of REGIONS) {
      const request = { region, day: addDays(FROM, index), snapshotAt: new Date(START) };
      const work = { ...request, actor: 'service:aggregate-usage', why: 'daily' };
      await aggregateDay(dependencies(reader(false), test.database), work);
    }
  }
}

async function open(test: TestDatabase, scope = SCOPE) {
  return openBackfill(dependencies(reader(true), test.database), { scope, author: OMAR, why: WHY });
}

async function opened(test: TestDatabase, scope = SCOPE): Promise<bigint> {
  const opening = await open(test, scope);
  if (opening.kind !== 'open') throw new Error(JSON.stringify(opening));
  return opening.id;
}

async function work(id: bigint, given = dependencies(reader(true))): Promise<EndedCell[]> {
  const ended: EndedCell[] = [];
  await workBackfill(given, { id, actor: OMAR, why: WHY, stays: true, onCell: (cell) => ended.push(cell) });
  return ended;
}

/** Everything that a backfill leaves, without attempts, times and ids. */
async function stateOf({ owner }: TestDatabase): Promise<readonly string[]> {
  const { rows } = await owner.query<{ line: string }>(`
    select format('checkpoint %s/%s/%s@%s is %s: %s, %s rows, %s', region, source_id, day, revision, status, digest, row_count, total) as line
      from checkpoints where status in ('complete', 'superseded')
    union all select format('usage %s/%s@%s %s: %s', c.region, c.day, c.revision, u.project_id, u.quantity) from usage_daily u join checkpoints c using (checkpoint_id)
    union all select format('cell %s/%s of %s is %s: %s to %s %s', region, day, backfill_id, status, revision_before, revision_after, failure_reason) from backfill_cells
    union all select format('backfill %s is %s by %s', backfill_id, status, author) from backfills
    union all select format('exception %s %s is %s', class, subject, status) from exceptions where status not in ('resolved', 'waived')
    union all select distinct format('fact %s %s', topic, (body::jsonb -> 'data') - 'checkpointId') from outbox
    order by 1`);
  return rows.map(({ line }) => line);
}

describe('a backfill', () => {
  test('reads every cell once and says what changed, what did not, and what failed', async () => {
    await readBefore(db);
    const id = await opened(db);
    const ended = await work(id);
    expect(ended).toHaveLength(CELLS);
    const kinds = Map.groupBy(ended, ({ kind }) => kind);
    expect(kinds.get('failed')).toEqual([
      {
        kind: 'failed',
        cell: { region: 'us-west', source: 'requests', day: '2026-10-03' },
        reason: 'no_data',
        detail: 'nothing is left of that day',
      },
    ]);
    expect(await findBackfill(db.database, id)).toMatchObject({
      status: 'failed',
      cells: CELLS,
      changed: kinds.get('changed')?.length,
      unchanged: kinds.get('unchanged')?.length,
      failed: 1,
    });
    const last = { region: 'eu-west', source: 'requests', day: addDays(FROM, DAYS - 1) };
    expect(ended).toContainEqual({ kind: 'changed', cell: last, revisionBefore: null, revisionAfter: 1 });
    const second = { region: 'eu-west', source: 'requests', day: '2026-10-02' };
    expect(ended).toContainEqual({ kind: 'changed', cell: second, revisionBefore: 1, revisionAfter: 2 });
    const first = { region: 'eu-west', source: 'requests', day: '2026-10-01' };
    expect(ended).toContainEqual({ kind: 'unchanged', cell: first, revisionAfter: 1 });
  });

  test('that failed is taken up for its failed cells alone', async () => {
    const id = await opened(db);
    await work(id);
    expect(await resumeBackfill(db, { id, actor: OMAR, why: 'the day was found' })).toMatchObject({ kind: 'done' });
    const mended: OpenReader = async () => readerOf(NOTHING);
    const ended = await work(id, dependencies(mended));
    expect(ended).toMatchObject([{ kind: 'changed', cell: { region: 'us-west', day: '2026-10-03' } }]);
    expect(await findBackfill(db.database, id)).toMatchObject({ status: 'complete', failed: 0 });
  });

  test('is worked at by several workers, each cell by one of them', async () => {
    const id = await opened(db);
    const all = await Promise.all(Array.from({ length: 4 }, () => work(id)));
    const names = all.flat().map(({ cell }) => `${cell.region}/${cell.day}`);
    expect(names).toHaveLength(CELLS);
    expect(new Set(names).size).toBe(CELLS);
    const attempts = await db.owner.query('select count(*)::int as attempts from checkpoints');
    expect(attempts.rows).toEqual([{ attempts: CELLS }]);
  });

  test('that its command has left is ended by the function that retries', async () => {
    const id = await opened(db);
    const ended = await continueBackfills(dependencies(reader(true)), 'service:retry-exceptions', new Date(START + 1));
    expect(ended).toHaveLength(CELLS);
    expect(await findBackfill(db.database, id)).toMatchObject({ status: 'failed' });
    expect(await continueBackfills(dependencies(reader(true)), 'service:x', new Date(START + 1))).toEqual([]);
  });

  test('stops where its time is over, and the next firing goes on', async () => {
    await opened(db);
    const late = continueBackfills(dependencies(reader(true)), 'service:retry-exceptions', new Date(START));
    expect(await late).toEqual([]);
  });

  test('of the same scope is found again while it is not done', async () => {
    const id = await opened(db);
    expect(await open(db)).toEqual({ kind: 'open', id, resumed: true });
    await work(id);
    expect(await open(db)).toMatchObject({ kind: 'open', resumed: false });
  });

  test('of nothing, or of days that are not over, is refused with what there is', async () => {
    expect(await open(db, { ...SCOPE, region: 'mars' })).toMatchObject({
      kind: 'refused',
      reason: 'nothing_required',
      detail: expect.stringContaining('eu-west/requests, us-east/requests, us-west/requests'),
    });
    expect(await open(db, { ...SCOPE, to: utcDay('2026-11-03') })).toMatchObject({ reason: 'not_over' });
    expect(await open(db, { ...SCOPE, to: FROM })).toMatchObject({ reason: 'not_over' });
    expect((await db.owner.query('select from backfills')).rowCount).toBe(0);
  });
});

describe('promise 9: a worker whose lease has run out', () => {
  test('changes nothing any more, and its cell is done by the one who took it over', async () => {
    const scope = { ...SCOPE, to: addDays(FROM, 1), region: 'eu-west' };
    const id = await opened(db, scope);
    let release = (): void => undefined;
    const waiting = new Promise<void>((resolve) => {
      release = resolve;
    });
    const slow: OpenReader = async () => readerOf(() => waiting.then(() => NOTHING));
    const slowWork = work(id, dependencies(slow));
    while ((await db.owner.query(`select from checkpoints where status = 'running'`)).rowCount === 0)
      await new Promise(setImmediate);
    const later = { ...instant, now: () => new Date(START + 61_000) };
    expect(await work(id, dependencies(reader(true), db.database, later))).toMatchObject([{ kind: 'changed' }]);
    release();
    expect(await slowWork).toMatchObject([{ kind: 'given_back' }]);
    expect((await db.owner.query('select status, fencing_token, revision_after from backfill_cells')).rows).toEqual([
      { status: 'changed', fencing_token: 2, revision_after: 1 },
    ]);
    expect((await db.owner.query('select quantity::text from usage_daily')).rows).toEqual([{ quantity: '10' }]);
  });
});

async function closeOctober(): Promise<void> {
  await db.owner.query(`
      alter table billing_runs disable trigger user;
      insert into billing_runs (run_id, scope, period, status, period_from, period_to, grace_until, author, approver, approved_at, opened_at)
      values ('2026-10', 'month', '2026-10', 'issued', '2026-10-01', '2026-11-01', '2026-11-04', 'service:validate-usage', 'person:ben', '2026-11-01', '2026-10-02');
      alter table billing_runs enable trigger user`);
}

describe('promise 23: a rerun of a closed period', () => {
  beforeEach(() => readBefore(db));

  test('that began before the sign-off changes nothing after it, whoever works at it', async () => {
    const id = await opened(db);
    await closeOctober();
    const given = dependencies(reader(true));
    const ended = await continueBackfills(given, 'service:retry-exceptions', new Date(START + 1));
    expect(ended).toHaveLength(CELLS);
    expect(ended.every((cell) => cell.kind === 'failed' && cell.reason === 'closed_since')).toBe(true);
    expect(await findBackfill(db.database, id)).toMatchObject({ status: 'failed', changed: 0 });
  });

  test('waits for a second person, and then runs', async () => {
    await closeOctober();
    const opening = await open(db);
    expect(opening).toMatchObject({ kind: 'proposed', closedPeriod: '2026-10' });
    const id = opening.kind === 'proposed' ? opening.id : 0n;
    expect(await work(id)).toEqual([]);
    expect(await resumeBackfill(db, { id, actor: OMAR, why: WHY })).toMatchObject({ kind: 'refused', reason: 'state' });
    expect(await approveBackfill(db, { id, actor: OMAR, why: WHY })).toMatchObject({
      kind: 'refused',
      reason: 'self_approval_or_missing_approval',
    });
    expect(await approveBackfill(db, { id, actor: 'person:olga', why: WHY })).toMatchObject({
      kind: 'refused',
      detail: expect.stringContaining('has not the role'),
    });
    expect(await approveBackfill(db, { id, actor: 'person:ben', why: WHY })).toEqual({ kind: 'done', id });
    expect((await work(id)).filter(({ kind }) => kind === 'changed').length).toBeGreaterThan(0);
    const log = await db.owner.query(
      `select action, actor from audit_log where action like 'backfill.%' order by sequence`,
    );
    expect(log.rows).toEqual([
      { action: 'backfill.proposed', actor: OMAR },
      { action: 'backfill.running', actor: 'person:ben' },
      { action: 'backfill.failed', actor: OMAR },
    ]);
  });

  test('cannot be opened as running, or be approved by nobody, whoever asks the database', async () => {
    await closeOctober();
    const insert = (status: string, approver: string | null) =>
      db.database.transaction({ actor: OMAR, why: WHY }, (transaction) =>
        transaction.rows(
          {
            name: 'test_open_backfill',
            parameters: ['status', 'approver'],
            text: `insert into backfills (from_day, to_day, status, author, approver, why, opened_at)
              values ('2026-10-01', '2026-10-02', $1, '${OMAR}', $2, 'x', now())`,
          },
          { status, approver },
        ),
      );
    await expect(insert('running', null)).rejects.toMatchObject({ code: 'DB003' });
    await expect(insert('running', OMAR)).rejects.toMatchObject({ code: 'DB003' });
    await expect(insert('running', 'person:ben')).rejects.toMatchObject({ code: 'DB003' });
  });

  test('is refused to one person by any way to a checkpoint, when it would change a figure', async () => {
    await closeOctober();
    const request = { region: 'eu-west', snapshotAt: new Date(START), actor: OMAR, why: WHY };
    const again = (day: string) => aggregateDay(dependencies(reader(true)), { ...request, day: utcDay(day) });
    // The first day has the same figures: looking is free.
    expect(await again('2026-10-01')).toMatchObject({ outcomes: [{ kind: 'unchanged' }] });
    await expect(again('2026-10-02')).rejects.toMatchObject({ code: 'DB003' });
    const current = await db.owner.query(
      `select revision from checkpoints where day = '2026-10-02' and region = 'eu-west' and status = 'complete'`,
    );
    expect(current.rows).toEqual([{ revision: 1 }]);
    // The scheduled reading is nobody's decision: what it brings is late usage.
    const scheduled = { ...request, day: utcDay('2026-10-02'), actor: 'service:aggregate-usage' };
    expect(await aggregateDay(dependencies(reader(true)), scheduled)).toMatchObject({
      outcomes: [{ kind: 'complete' }],
    });
  });
});

/** A process that can be killed at an effect: from then on every effect of it fails, as if it were gone. */
class Mortal implements Effects {
  readonly kills: number[];
  effects = 0;
  dead = false;
  private time = START;

  constructor(kills: readonly number[]) {
    this.kills = [...kills];
  }

  now = (): Date => new Date(this.time);
  uuid = (): string => crypto.randomUUID();
  fraction = (): number => 0.5;

  /** A new process some minutes later, when the leases of the dead one have run out. */
  revive(): void {
    this.dead = false;
    this.time += 5 * 60_000;
  }

  async perform<T>(effect: Effect, run: () => Promise<T>): Promise<T> {
    if (this.dead) throw new Error('the process is gone');
    if (effect.kind === 'timer') return run();
    this.effects += 1;
    const place = this.kills[0] === this.effects ? this.kills.shift() : undefined;
    // Half of the kills come before the effect, half after it has happened.
    if (place !== undefined && place % 2 === 0) this.die();
    const result = await run();
    if (place !== undefined && place % 2 === 1) this.die();
    return result;
  }

  private die(): never {
    this.dead = true;
    throw new Error('killed');
  }
}

/** Opens and works at the backfill with two workers, again and again with the same command until no process dies. */
async function runMortal(test: TestDatabase, kills: readonly number[]): Promise<{ effects: number; deaths: number }> {
  const mortal = new Mortal(kills);
  for (let deaths = 0; ; deaths += 1) {
    const database = openDatabase(
      { url: test.url, role: 'daybook_app', poolSize: 2, applicationName: 'mortal' },
      mortal,
    );
    try {
      const given = dependencies(reader(true), database, mortal);
      const opening = await openBackfill(given, { scope: SCOPE, author: OMAR, why: WHY });
      if (opening.kind !== 'open') throw new Error(JSON.stringify(opening));
      const workers = [1, 2].map(() => workBackfill(given, { id: opening.id, actor: OMAR, why: WHY, stays: true }));
      const ended = await Promise.allSettled(workers);
      if (!mortal.dead && ended.every(({ status }) => status === 'fulfilled'))
        return { effects: mortal.effects, deaths };
    } catch (error) {
      if (!mortal.dead) throw error;
    } finally {
      await database.close();
    }
    if (!mortal.dead) throw new Error('a worker failed without being killed');
    mortal.revive();
  }
}

test(`promise 1: a backfill of ${DAYS} days × ${REGIONS.length} regions that is killed ${KILLS} times and resumed ends equal to an undisturbed one`, async () => {
  await readBefore(db);
  const { effects } = await runMortal(db, []);
  const undisturbed = await stateOf(db);
  const seedOfKills = 20_261_124;
  const random = new Random(seedOfKills);
  const moments = new Set<number>();
  while (moments.size < KILLS) moments.add(1 + random.below(effects));
  const kills = [...moments].sort((a, b) => a - b);
  const other = await createTestDatabase();
  try {
    await prepare(other);
    const { deaths } = await runMortal(other, kills);
    expect(deaths, `killed at effects ${kills.join(', ')} of seed ${seedOfKills}`).toBe(KILLS);
    expect(await stateOf(other), `killed at effects ${kills.join(', ')} of seed ${seedOfKills}`).toEqual(undisturbed);
  } finally {
    await other.remove();
  }
}, 300_000);

async function prepare(other: TestDatabase): Promise<void> {
  await seed(other);
  await readBefore(other);
}
