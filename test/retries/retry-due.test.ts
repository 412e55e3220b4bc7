import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { raiseException } from '../../shared/exceptions/exceptions.ts';
import { POLICIES } from '../../shared/exceptions/policy.ts';
import { retryDueExceptions } from '../../shared/retries/retry-due.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { seedWorld } from '../usage/seed.ts';

const ACTOR = 'service:retry-exceptions';
const READING = { kind: 'complete', rows: [], evidence: { queries: [], facts: {} } } as const;

let db: TestDatabase;
let now: Date;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedWorld(db.owner);
  now = new Date('2026-10-06T02:00:00Z');
});
afterEach(() => db.remove());

const effects = () => ({
  now: () => now,
  uuid: () => crypto.randomUUID(),
  fraction: () => 0.5,
  perform: <T>(_effect: unknown, run: () => Promise<T>) => run(),
});
const dependencies = (read = async () => READING) => ({
  database: db.database,
  effects: effects(),
  openReader: async () => ({ read }),
});
const fail = (subject: string) =>
  db.database.transaction({ actor: ACTOR, why: 'test' }, (transaction) =>
    raiseException(transaction, effects(), { class: 'aggregation_failed', subject, reason: 'no_data', detail: 'none' }),
  );
const exceptions = async () =>
  (await db.owner.query('select subject, status, reason, attempts from exceptions order by subject')).rows;
const later = (hours: number) => {
  now = new Date(now.getTime() + hours * 3_600_000);
};

describe('a due exception', () => {
  test('is tried again, and resolved when the work succeeds', async () => {
    await fail('us-east/requests/2026-10-05');
    expect(await retryDueExceptions(dependencies(), ACTOR)).toEqual([]);
    later(1);
    expect(await retryDueExceptions(dependencies(), ACTOR)).toHaveLength(1);
    expect(await exceptions()).toMatchObject([{ status: 'resolved' }]);
  });

  test('promise 20: one that can never be tried ends with people after the policy’s attempts, not in an endless loop', async () => {
    await fail('mars/requests/2026-10-05');
    for (let attempt = 0; attempt < POLICIES.aggregation_failed.maxAttempts + 5; attempt += 1) {
      later(3);
      await retryDueExceptions(dependencies(), ACTOR);
    }
    expect(await exceptions()).toEqual([
      {
        subject: 'mars/requests/2026-10-05',
        status: 'escalated',
        reason: 'refused',
        attempts: POLICIES.aggregation_failed.maxAttempts,
      },
    ]);
    later(3);
    expect(await retryDueExceptions(dependencies(), ACTOR)).toEqual([]);
  });

  test('that throws counts as a failed attempt and does not keep the others from theirs', async () => {
    await fail('eu-west/requests/2026-10-05');
    await fail('us-east/requests/2026-10-05');
    await fail('no cell at all');
    later(1);
    let reads = 0;
    const read = async () => {
      reads += 1;
      if (reads === 1) throw new Error('a fault of our own');
      return READING;
    };
    await retryDueExceptions(dependencies(read), ACTOR);
    const ended = await exceptions();
    expect(ended.map((row) => row.status).sort()).toEqual(['open', 'open', 'resolved']);
    const open = ended.filter((row) => row.status === 'open');
    expect(open.map(({ reason, attempts }) => `${reason} ${attempts}`).sort()).toEqual([
      'reader_failed 2',
      'retry_failed 2',
    ]);
  });
});
