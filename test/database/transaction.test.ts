import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Query } from '../../shared/database/query.ts';
import { isRetryable, sqlStateOf } from '../../shared/database/sqlstate.ts';
import { createTestDatabase, type TestDatabase } from './fixture.ts';

const INTENT = { actor: 'person:ana', why: 'test' };
const raise = (state: string): Query<Record<never, never>, never> => ({
  name: `raise_${state}`,
  parameters: [],
  text: `do $$ begin raise exception 'planned' using errcode = '${state}'; end $$`,
});
const insertRegion: Query<{ readonly region: string }, never> = {
  name: 'insert_region',
  parameters: ['region'],
  text: `insert into regions values ($1, 'US', '2026-01-01')`,
};
const currentIntent: Query<Record<never, never>, { actor: string; why: string; role: string }> = {
  name: 'current_intent',
  parameters: [],
  text: `select current_setting('daybook.actor', true) as actor, current_setting('daybook.why', true) as why, current_user::text as role`,
};

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.remove());

const regions = async () =>
  (await db.owner.query('select region from regions order by 1')).rows.map((row) => row.region);

describe('a transaction', () => {
  test.each(['40001', '40P01'])(
    'that the server gave up with %s runs again, and its writes are there once',
    async (state) => {
      let runs = 0;
      await db.database.transaction(INTENT, async (transaction) => {
        runs += 1;
        await transaction.rows(insertRegion, { region: 'r1' });
        if (runs < 3) await transaction.rows(raise(state), {});
      });
      expect(runs).toBe(3);
      expect(await regions()).toEqual(['r1']);
    },
  );

  test('that always meets the same serialization failure ends with it, after a bounded number of runs', async () => {
    let runs = 0;
    const work = db.database.transaction(INTENT, async (transaction) => {
      runs += 1;
      await transaction.rows(raise('40001'), {});
    });
    await expect(work).rejects.toMatchObject({ code: '40001' });
    expect(runs).toBe(6);
  });

  test('that fails otherwise is not repeated and leaves nothing', async () => {
    const work = db.database.transaction(INTENT, async (transaction) => {
      await transaction.rows(insertRegion, { region: 'r1' });
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(await regions()).toEqual([]);
  });

  test('says who and why, and the next user of the connection does not inherit it', async () => {
    expect(await db.database.transaction(INTENT, (transaction) => transaction.first(currentIntent, {}))).toEqual({
      ...INTENT,
      role: 'daybook_app',
    });
    for (let use = 0; use < 8; use += 1) {
      expect(await db.database.first(currentIntent, {})).toEqual({ actor: '', why: '', role: 'daybook_app' });
    }
  });
});

describe('an SQLSTATE', () => {
  test('is read from the code, never from the text', () => {
    expect(sqlStateOf(Object.assign(new Error('could not serialize access'), { code: 'XX000' }))).toBe('XX000');
    expect(isRetryable(new Error('deadlock detected 40P01'))).toBe(false);
    expect(isRetryable(Object.assign(new Error('x'), { code: 'ECONNRESET' }))).toBe(false);
  });
});
