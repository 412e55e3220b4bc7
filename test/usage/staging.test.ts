import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { digestOf } from '../../shared/canonical/canonical-json.ts';
import { decimal } from '../../shared/exact/decimal.ts';
import type { KeepRows, UsageReader, UsageReading, UsageRow } from '../../shared/sources/reading.ts';
import { aggregateDay } from '../../shared/usage/aggregate.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { seedWorld } from './seed.ts';

const DAY = utcDay('2026-10-05');
const COMPLETE: UsageReading = { kind: 'complete', evidence: { queries: [], facts: {} } };

let db: TestDatabase;
let now: Date;
/** Set while a worker is dead: whatever it still wants to do fails, and its attempt stays as it is. */
let dead = false;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedWorld(db.owner);
  now = new Date('2026-10-06T02:00:00Z');
  dead = false;
});
afterEach(() => db.remove());

const row = (project: string, quantity = '1'): UsageRow => ({ project, quantity: decimal(quantity) });

function aggregate(read: (keep: KeepRows) => Promise<UsageReading>, region = 'us-east') {
  const effects = {
    now: () => {
      if (dead) throw new Error('the worker died');
      return now;
    },
    uuid: () => crypto.randomUUID(),
    fraction: () => 0.5,
    perform: <T>(_effect: unknown, run: () => Promise<T>) => run(),
  };
  const reader: UsageReader = { read: (_region, _day, keep) => read(keep) };
  return aggregateDay(
    { database: db.database, effects, openReader: async () => reader },
    { region, day: DAY, snapshotAt: now, actor: 'service:aggregate-usage', why: 'test' },
  );
}

/** Hands over the batches, then is complete. */
const inBatches =
  (...batches: readonly UsageRow[][]) =>
  async (keep: KeepRows): Promise<UsageReading> => {
    for (const batch of batches) {
      const refusal = await keep(batch);
      if (refusal !== undefined) return { ...refusal, evidence: COMPLETE.evidence };
    }
    return COMPLETE;
  };

async function staged(): Promise<number> {
  return (
    (await db.owner.query<{ count: number }>('select count(*)::int as count from usage_staged')).rows[0]?.count ?? -1
  );
}

async function checkpoints(): Promise<
  { status: string; reason: string | null; row_count: number | null; digest: string | null }[]
> {
  return (
    await db.owner.query(
      'select status::text, failure_reason as reason, row_count, digest from checkpoints order by checkpoint_id',
    )
  ).rows;
}

describe('rows in batches', () => {
  test('become one checkpoint, and leave nothing on the stage', async () => {
    await aggregate(inBatches([row('b'), row('acme-app', '2.5')], [row('a')]));
    expect(await checkpoints()).toMatchObject([{ status: 'complete', row_count: 3 }]);
    const { rows } = await db.owner.query(
      'select project_id, customer_id, quantity::text from usage_daily order by project_id',
    );
    expect(rows).toEqual([
      { project_id: 'a', customer_id: null, quantity: '1' },
      { project_id: 'acme-app', customer_id: 'acme', quantity: '2.5' },
      { project_id: 'b', customer_id: null, quantity: '1' },
    ]);
    expect(await staged()).toBe(0);
  });

  test('promise 13: have the digest of the canonical JSON of all rows by the bytes of their names, whatever their order', async () => {
    const names = [
      'Z',
      'a',
      'é',
      'ä',
      '_',
      '0',
      'B',
      '\u{e000}',
      '日本',
      'a-b',
      'ab',
      'q"\\/',
      'n\n\u0001\u007f\u2028',
      '😀',
    ];
    await aggregate(inBatches(names.map((name) => row(name))));
    await aggregate(
      inBatches(
        [row('Z')],
        [...names.slice(1)].reverse().map((name) => row(name)),
      ),
    );
    const byBytes = [...names].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    const digest = digestOf({
      region: 'us-east',
      source: 'requests',
      day: DAY,
      metric: 'requests',
      configuration: 'sha256:configuration',
      rows: byBytes.map((name) => [name, null, '1']),
    });
    expect(await checkpoints()).toMatchObject([
      { status: 'complete', digest },
      { status: 'unchanged', digest },
    ]);
  });

  test('more rows than one page of the digest: the same digest as of all at once', async () => {
    const names = Array.from({ length: 10_001 }, (_, index) => `p${String((index * 7) % 10_001).padStart(5, '0')}`);
    await aggregate(inBatches(names.map((name) => row(name))));
    const rows = [...names].sort().map((name) => [name, null, '1']);
    const cell = { region: 'us-east', source: 'requests', day: DAY, metric: 'requests' };
    const digest = digestOf({ ...cell, configuration: 'sha256:configuration', rows });
    expect(await checkpoints()).toMatchObject([{ status: 'complete', digest, row_count: 10_001 }]);
  });

  test.each([
    ['in one batch', [[row('a'), row('b'), row('a')]]],
    ['in two batches', [[row('a')], [row('b'), row('a', '2')]]],
  ])('promise 3: a project that comes twice, %s, is a named reason and no sum', async (_name, batches) => {
    await aggregate(inBatches(...batches));
    expect(await checkpoints()).toMatchObject([{ status: 'failed', reason: 'duplicate_row' }]);
    expect(await staged()).toBe(0);
  });

  test.each([
    ['empty', ''],
    ['with a NUL', 'a\0b'],
    ['with half a character', 'a\ud800'],
    ['too long for an index', 'x'.repeat(501)],
  ])('a project name that is %s is a named reason', async (_name, project) => {
    await aggregate(inBatches([row('a'), row(project)]));
    expect(await checkpoints()).toMatchObject([{ status: 'failed', reason: 'malformed_response' }]);
  });

  test('promise 3: rows that were handed over before the source failed are not usage', async () => {
    await aggregate(async (keep) => {
      await keep([row('a')]);
      return { kind: 'incomplete', reason: 'source_timeout', detail: 'no more came', evidence: COMPLETE.evidence };
    });
    expect(await checkpoints()).toMatchObject([{ status: 'failed', reason: 'source_timeout' }]);
    expect(await staged()).toBe(0);
    expect((await db.owner.query('select from usage_daily')).rowCount).toBe(0);
  });

  test('promise 3: a stage that the server’s crash emptied is a named reason, never a smaller number', async () => {
    await aggregate(async (keep) => {
      await keep([row('a')]);
      await db.owner.query('truncate usage_staged');
      await keep([row('b')]);
      return COMPLETE;
    });
    expect(await checkpoints()).toMatchObject([{ status: 'failed', reason: 'row_count_mismatch' }]);
  });
});

describe('promise 9: an attempt that was overtaken', () => {
  test('while it reads stages nothing more, is told so, and changes nothing', async () => {
    const answers: unknown[] = [];
    const older = await aggregate(async (keep) => {
      await keep([row('a', '5')]);
      await aggregate(inBatches([row('a', '7')]));
      answers.push(await keep([row('b', '5')]));
      return COMPLETE;
    });
    expect(older).toMatchObject({ outcomes: [{ kind: 'fenced_out' }] });
    expect(answers).toMatchObject([{ kind: 'incomplete', reason: 'overtaken' }]);
    expect(await checkpoints()).toMatchObject([{ status: 'failed', reason: 'abandoned' }, { status: 'complete' }]);
    expect(await staged()).toBe(0);
    expect((await db.owner.query('select project_id, quantity::text from usage_daily')).rows).toEqual([
      { project_id: 'a', quantity: '7' },
    ]);
  });

  test('or whose worker died is cleared by the next attempt at the cell', async () => {
    await expect(
      aggregate(async (keep) => {
        await keep([row('a')]);
        dead = true;
        return COMPLETE;
      }),
    ).rejects.toThrow('the worker died');
    dead = false;
    expect(await staged()).toBe(1);
    await aggregate(inBatches([row('a', '2')]));
    expect(await checkpoints()).toMatchObject([{ status: 'failed', reason: 'abandoned' }, { status: 'complete' }]);
    expect(await staged()).toBe(0);
  });

  test('or whose worker died, at a cell that nobody reads again, is cleared by any attempt after a day', async () => {
    const died = aggregate(async (keep) => {
      await keep([row('a')]);
      dead = true;
      return COMPLETE;
    });
    await expect(died).rejects.toThrow('the worker died');
    dead = false;
    await aggregate(inBatches([]), 'eu-west');
    expect(await staged()).toBe(1);
    now = new Date('2026-10-07T02:00:01Z');
    await aggregate(inBatches([]), 'eu-west');
    expect(await staged()).toBe(0);
    expect((await checkpoints())[0]).toMatchObject({ status: 'failed', reason: 'abandoned' });
  });
});
