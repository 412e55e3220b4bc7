import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { decimal } from '../../shared/exact/decimal.ts';
import type { OpenReader } from '../../shared/sources/readers.ts';
import { aggregateDay } from '../../shared/usage/aggregate.ts';

import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { readerOf, type WholeReading } from './reading.ts';
import { seedWorld } from './seed.ts';

const DAY = utcDay('2026-10-05');
const EVIDENCE = { queries: [{ text: 'q', parameters: {} }], facts: {} };

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedWorld(db.owner);
});
afterEach(() => db.remove());

const complete = (quantities: Record<string, string>): WholeReading => ({
  kind: 'complete',
  rows: Object.entries(quantities).map(([project, quantity]) => ({ project, quantity: decimal(quantity) })),
  evidence: EVIDENCE,
});
const incomplete: WholeReading = { kind: 'incomplete', reason: 'no_data', detail: 'nothing there', evidence: EVIDENCE };

function aggregate(reading: WholeReading | (() => Promise<WholeReading>), region = 'us-east') {
  return aggregateWith(async () => readerOf(reading), region);
}

function aggregateWith(openReader: OpenReader, region = 'us-east') {
  const effects = {
    now: () => new Date('2026-10-06T02:00:00Z'),
    uuid: () => crypto.randomUUID(),
    fraction: () => 0.5,
    perform: <T>(_effect: unknown, run: () => Promise<T>) => run(),
  };
  return aggregateDay(
    { database: db.database, effects, openReader },
    { region, day: DAY, snapshotAt: new Date('2026-10-06T02:00:00Z'), actor: 'service:aggregate-usage', why: 'test' },
  );
}

async function checkpoints(): Promise<{ status: string; revision: number | null; total: string | null }[]> {
  return (await db.owner.query('select status::text, revision, total::text from checkpoints order by checkpoint_id'))
    .rows;
}

describe('a day of a region', () => {
  test('becomes one checkpoint with its rows, their owners and an event, together', async () => {
    await aggregate(complete({ 'acme-app': '12.5', stray: '3' }));
    expect(await checkpoints()).toEqual([{ status: 'complete', revision: 1, total: '15.5' }]);
    const rows = await db.owner.query(
      'select project_id, customer_id, quantity::text from usage_daily order by project_id',
    );
    expect(rows.rows).toEqual([
      { project_id: 'acme-app', customer_id: 'acme', quantity: '12.5' },
      { project_id: 'stray', customer_id: null, quantity: '3' },
    ]);
    const events = await db.owner.query('select topic, body::jsonb -> $1 ->> $2 as revision from outbox', [
      'data',
      'revision',
    ]);
    expect(events.rows).toEqual([{ topic: 'usage.checkpointed', revision: '1' }]);
  });

  test('read again with the same data makes no new revision, whatever the order of the rows', async () => {
    await aggregate(complete({ 'acme-app': '1', 'birch-app': '2' }));
    await aggregate(complete({ 'birch-app': '2', 'acme-app': '1' }));
    expect(await checkpoints()).toEqual([
      { status: 'complete', revision: 1, total: '3' },
      { status: 'unchanged', revision: null, total: null },
    ]);
  });

  test('read again with other data supersedes the old revision, and both stay readable', async () => {
    await aggregate(complete({ 'acme-app': '1' }));
    await aggregate(complete({ 'acme-app': '2' }));
    expect(await checkpoints()).toEqual([
      { status: 'superseded', revision: 1, total: '1' },
      { status: 'complete', revision: 2, total: '2' },
    ]);
    expect((await db.owner.query('select quantity::text from usage_daily order by checkpoint_id')).rows).toEqual([
      { quantity: '1' },
      { quantity: '2' },
    ]);
  });

  test('promise 3: an incomplete reading is a failure with its reason and an exception, never a zero', async () => {
    await aggregate(incomplete);
    expect(await checkpoints()).toEqual([{ status: 'failed', revision: null, total: null }]);
    expect((await db.owner.query('select class, subject, status, reason, attempts from exceptions')).rows).toEqual([
      {
        class: 'aggregation_failed',
        subject: 'us-east/requests/2026-10-05',
        status: 'open',
        reason: 'no_data',
        attempts: 1,
      },
    ]);
    await aggregate(complete({}));
    expect((await checkpoints()).at(-1)).toEqual({ status: 'complete', revision: 1, total: '0' });
    expect((await db.owner.query('select status from exceptions')).rows).toEqual([{ status: 'resolved' }]);
  });

  test('promise 3: a reader that throws after some rows leaves the cell missing, no row, and a named failure', async () => {
    const broken: OpenReader = async () => ({
      read: async (_region, _day, keep) => {
        await keep([{ project: 'acme-app', quantity: decimal('1') }]);
        throw new TypeError('cannot read the second page');
      },
    });
    expect(await aggregateWith(broken)).toMatchObject({
      outcomes: [{ kind: 'failed', reason: 'reader_failed', detail: expect.stringContaining('the second page') }],
    });
    const unopened = async () => Promise.reject(new Error('no client'));
    expect(await aggregateWith(unopened)).toMatchObject({ outcomes: [{ kind: 'failed', reason: 'reader_failed' }] });
    expect((await checkpoints()).map((row) => row.status)).toEqual(['failed', 'failed']);
    expect((await db.owner.query('select from usage_daily')).rowCount).toBe(0);
    expect((await db.owner.query('select class, subject, reason, attempts from exceptions')).rows).toEqual([
      { class: 'aggregation_failed', subject: 'us-east/requests/2026-10-05', reason: 'reader_failed', attempts: 2 },
    ]);
  });

  test('a failed rerun leaves the current checkpoint as it was', async () => {
    await aggregate(complete({ 'acme-app': '1' }));
    await aggregate(incomplete);
    expect((await checkpoints()).map((row) => row.status)).toEqual(['complete', 'failed']);
  });

  test('promise 9: of two attempts at one cell the older is fenced out and leaves no row', async () => {
    let release = (): void => undefined;
    const waiting = new Promise<void>((resolve) => {
      release = resolve;
    });
    const older = aggregate(async () => {
      await waiting;
      return complete({ 'acme-app': '1' });
    });
    while ((await checkpoints()).length === 0) await new Promise(setImmediate);
    await aggregate(complete({ 'acme-app': '7' }));
    release();
    expect(await older).toMatchObject({ kind: 'aggregated', outcomes: [{ kind: 'fenced_out' }] });
    expect((await db.owner.query('select quantity::text from usage_daily')).rows).toEqual([{ quantity: '7' }]);
    expect((await checkpoints()).map((row) => row.status)).toEqual(['failed', 'complete']);
  });

  test('a region that does not exist and a day that is not over are refused with what to do', async () => {
    expect(await aggregate(complete({}), 'mars')).toEqual({
      kind: 'refused',
      reason: 'there is no region "mars" on 2026-10-05; the regions of that day: eu-west, us-east',
    });
    const today = { region: 'us-east', day: utcDay('2026-10-06'), snapshotAt: new Date(), actor: 'a', why: 'w' };
    const effects = {
      now: () => new Date('2026-10-06T02:00:00Z'),
      uuid: () => '',
      fraction: () => 0,
      perform: <T>(_e: unknown, run: () => Promise<T>) => run(),
    };
    expect(
      await aggregateDay({ database: db.database, effects, openReader: async () => readerOf(complete({})) }, today),
    ).toMatchObject({ kind: 'refused' });
  });
});

describe('the database', () => {
  test('promise 8: refuses a transition that is not in the table', async () => {
    await aggregate(complete({ 'acme-app': '1' }));
    await expect(db.owner.query(`update checkpoints set status = 'running'`)).rejects.toMatchObject({ code: 'DB001' });
  });

  test('promise 16: the application’s role can neither change nor delete the log, a checkpoint or its rows', async () => {
    await aggregate(complete({ 'acme-app': '1' }));
    await db.owner.query('set role daybook_app');
    for (const statement of [
      `update audit_log set why = 'x'`,
      'delete from audit_log',
      'truncate audit_log',
      'update usage_daily set quantity = 0',
      'delete from usage_daily',
      'delete from checkpoints',
    ]) {
      await expect(db.owner.query(statement), statement).rejects.toMatchObject({ code: '42501' });
    }
    await db.owner.query('reset role');
    for (const statement of [
      `update audit_log set why = 'x'`,
      'delete from audit_log',
      'truncate audit_log',
      'update usage_daily set quantity = 0',
      'delete from checkpoints',
    ]) {
      await expect(db.owner.query(statement), statement).rejects.toMatchObject({ code: 'DB002' });
    }
  });
});
