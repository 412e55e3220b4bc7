import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { exceptionWaive } from '../../shared/database/queries.generated.ts';
import { recordEvents } from '../../shared/events/outbox.ts';
import { keepDeadLetter, receive } from '../../shared/events/receive.ts';
import { raiseException } from '../../shared/exceptions/exceptions.ts';
import type { ExceptionClass } from '../../shared/exceptions/policy.ts';
import { retryException } from '../../shared/retries/retry-by-hand.ts';
import { daybook } from '../cli/command-line.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { readerOf } from '../usage/reading.ts';
import { seedWorld } from '../usage/seed.ts';

const effects = {
  now: () => new Date('2026-10-06T08:00:00Z'),
  uuid: () => crypto.randomUUID(),
  fraction: () => 0.5,
  perform: <T>(_effect: unknown, run: () => Promise<T>) => run(),
};

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
  await seedWorld(db.owner);
  await db.owner.query(`insert into principals values ('person:omar', 'person', '{operator}', null),
    ('service:validate-usage', 'service', '{operator}', 'person:fay')`);
});
afterEach(() => db.remove());

const run = (words: string | readonly string[], more = {}) =>
  daybook(words, { database: db.database, effects, ...more });
const as = (words: string, actor: string, why?: string) =>
  run([...words.split(' '), '--as', actor, ...(why === undefined ? [] : ['--why', why])]);

async function raise(
  exceptionClass: ExceptionClass,
  subject: string,
  actor = 'service:aggregate-usage',
): Promise<bigint> {
  await db.database.transaction({ actor, why: 'test' }, (transaction) =>
    raiseException(transaction, effects, { class: exceptionClass, subject, reason: 'test', detail: 'test' }),
  );
  const { rows } = await db.owner.query('select exception_id::text as id from exceptions where subject = $1', [
    subject,
  ]);
  return BigInt(rows[0].id);
}

const exceptions = async () =>
  (await db.owner.query('select class, status, attempts, ended_by, why from exceptions order by exception_id')).rows;

describe('exceptions retry', () => {
  const openReader = async () => readerOf({ kind: 'complete', rows: [], evidence: { queries: [], facts: {} } });
  const retry = (exception: bigint) =>
    retryException({ database: db.database, effects, openReader }, { exception, actor: 'person:omar', why: 'test' });

  test('does the failed work again and resolves what succeeds, also after the policy has given it up', async () => {
    const id = await raise('aggregation_failed', 'us-east/requests/2026-10-05');
    await db.owner.query(`update exceptions set status = 'escalated', next_attempt_at = null`);
    expect(await retry(id)).toMatchObject({ kind: 'tried', status: 'resolved' });
    expect((await db.owner.query('select status from checkpoints')).rows).toEqual([{ status: 'complete' }]);
    expect(await retry(id)).toMatchObject({ kind: 'refused', reason: 'ended_before' });
    const log = await db.owner.query(
      `select action, actor from audit_log where action like 'exception.%' order by sequence`,
    );
    expect(log.rows.map(({ action, actor }) => `${action} ${actor}`)).toEqual([
      'exception.open service:aggregate-usage',
      expect.stringContaining('exception.escalated'),
      'exception.retrying person:omar',
      'exception.resolved person:omar',
    ]);
  });

  test('of two at once one tries, and the other is told', async () => {
    const id = await raise('aggregation_failed', 'us-east/requests/2026-10-05');
    const both = await Promise.all([retry(id), retry(id)]);
    expect(both.map(({ kind }) => kind).sort()).toEqual(['refused', 'tried']);
  });

  test('says which source failed again, and exits 1', async () => {
    const id = await raise('aggregation_failed', 'us-east/requests/2026-10-05');
    const tried = await as(`exceptions retry ${id}`, 'person:omar');
    expect(tried.out).toContain(`#${id} us-east/requests/2026-10-05 is open  source_error:`);
    expect(tried.code).toBe(1);
    expect(await exceptions()).toMatchObject([{ status: 'open', attempts: 2 }]);
  });

  test('sends an invoice that Stripe refused on its way again, in the name of the run that it belongs to', async () => {
    await db.owner.query(`set session_replication_role = replica;
      insert into invoices (invoice_id, run_id, fencing_token, customer_id, period, series, generation, status, currency, subtotal, total, document, document_digest, rated_at)
      values ('2026-10/acme/off-cycle-acme-1', '2026-10:acme-1', 1, 'acme', '2026-10', 'off-cycle-acme-1', 0, 'stripe_failed', 'usd', 0, 0, '{}',
        'sha256:' || encode(sha256('{}'), 'hex'), now());
      set session_replication_role = origin`);
    const id = await raise('issuing_failed', '2026-10/acme/off-cycle-acme-1');
    const tried = await as(`exceptions retry ${id}`, 'person:omar');
    expect(tried.published).toMatchObject([{ topic: 'invoice.approved' }]);
    expect(JSON.parse(tried.published[0]?.body ?? '').data).toEqual({
      invoiceId: '2026-10/acme/off-cycle-acme-1',
      runId: '2026-10:acme-1',
    });
    expect(tried.code).toBe(0);
  });

  test('counts as failed what is about an invoice that there is not', async () => {
    const id = await raise('issuing_failed', '2026-10/nobody/usage');
    const tried = await as(`exceptions retry ${id}`, 'person:omar');
    expect(tried.code).toBe(1);
    expect(tried.published).toEqual([]);
    expect(await exceptions()).toMatchObject([{ status: 'open', attempts: 2 }]);
  });

  test('of what people must decide names the command that shows it, and of what is unknown the list', async () => {
    const id = await raise('late_usage', '2026-10');
    const decision = await as(`exceptions retry ${id}`, 'person:omar');
    expect(decision.err).toContain('run show 2026-10');
    expect(decision.err).toContain(`exceptions waive ${id} --why`);
    expect((await as('exceptions retry 999', 'person:omar')).err).toContain('daybook exceptions list');
    expect((await as(`exceptions retry ${id}`, 'person:ana')).err).toContain('this needs operator');
    expect((await as('exceptions retry x', 'person:omar')).code).toBe(2);
  });
});

describe('promise 23: exceptions waive', () => {
  test('ends one by a decision with its reason, audited', async () => {
    const id = await raise('aggregation_failed', 'us-east/requests/2026-10-05');
    const waived = await as(`exceptions waive ${id}`, 'person:omar', 'the region was closed that day');
    expect(waived.code).toBe(0);
    expect(await exceptions()).toEqual([
      {
        class: 'aggregation_failed',
        status: 'waived',
        attempts: 1,
        ended_by: 'person:omar',
        why: 'the region was closed that day',
      },
    ]);
    expect((await as(`exceptions waive ${id}`, 'person:omar', 'again')).err).toContain(
      'was waived by person:omar before',
    );
    const log = await db.owner.query(`select actor, why from audit_log where action = 'exception.waived'`);
    expect(log.rows).toEqual([{ actor: 'person:omar', why: 'the region was closed that day' }]);
  });

  test('what affects money takes a role for it, and another person than the one who caused it, whatever account that used', async () => {
    const id = await raise('late_usage', '2026-10', 'service:validate-usage');
    expect((await as(`exceptions waive ${id}`, 'person:omar', 'why not')).err).toContain('has not the role');
    expect((await as(`exceptions waive ${id}`, 'person:fay', 'why not')).err).toContain('caused exception');
    expect((await as(`exceptions waive ${id}`, 'person:ben', 'within the tolerance')).code).toBe(0);
  });

  test('the database refuses it by itself: without a reason, in another’s name, without a role', async () => {
    const exception_id = await raise('late_usage', '2026-10');
    const waive = (actor: string, by: string, why: string) =>
      db.database.transaction({ actor, why: 'test' }, (transaction) =>
        transaction.rows(exceptionWaive, { exception_id, ended_at: effects.now(), ended_by: by, why }),
      );
    for (const [actor, by, why] of [
      ['person:ben', 'person:ben', ' '],
      ['person:ana', 'person:ben', 'x'],
      ['person:ana', 'person:ana', 'x'],
      ['person:omar', 'person:omar', 'x'],
    ] as const)
      await expect(waive(actor, by, why), `${actor} ${by}`).rejects.toMatchObject({ code: 'DB003' });
    await waive('person:ben', 'person:ben', 'x');
  });
});

/** Facts of a topic as a handler left them; the given ones are published. */
async function facts(count: number, at: string, published = true): Promise<void> {
  const then = { ...effects, now: () => new Date(at) };
  await db.database.transaction({ actor: 'service:test', why: 'test' }, (transaction) =>
    recordEvents(
      transaction,
      then,
      Array.from({ length: count }, (_, index) => ({
        type: 'usage.checkpointed' as const,
        data: {
          region: 'us-east',
          source: 'requests',
          day: '2026-10-05',
          checkpointId: String(index + 1),
          revision: 1,
        },
      })),
    ),
  );
  if (published) await db.owner.query('update outbox set published_at = occurred_at where published_at is null');
}

describe('events replay', () => {
  test('publishes again what was published since, the same events in their order, and nothing that waits', async () => {
    await facts(3, '2026-10-05T07:00:00Z');
    await facts(450, '2026-10-05T09:00:00Z');
    await facts(5, '2026-10-05T10:00:00Z', false);
    const since = '2026-10-05T08:00:00Z';
    const replayed = await as(`events replay --topic usage.checkpointed --since ${since}`, 'person:omar');
    expect(replayed.out).toContain('450 events of usage.checkpointed');
    const kept = await db.owner.query(
      `select event_id, body from outbox where occurred_at >= $1 and published_at is not null order by occurred_at, event_id`,
      [since],
    );
    expect(replayed.published.map(({ eventId, body }) => ({ event_id: eventId, body }))).toEqual(kept.rows);
    const log = await db.owner.query(`select actor, subject, detail from audit_log where action = 'events.replayed'`);
    expect(log.rows).toEqual([
      {
        actor: 'person:omar',
        subject: 'usage.checkpointed',
        detail: { since: '2026-10-05T08:00:00.000Z', events: 450 },
      },
    ]);
    expect((await run('audit verify --json')).json()).toMatchObject({ faults: [] });
  });

  test('promise 11: a receiver that has dealt with an event finds its claim', async () => {
    await facts(1, '2026-10-05T09:00:00Z');
    const { published } = await as('events replay --topic usage.checkpointed --since 2026-10-05', 'person:omar');
    let applied = 0;
    for (const messageId of ['1', '2']) {
      const data = published[0]?.body ?? '';
      const push = {
        messageId,
        subscription: 'usage.checkpointed.validate-usage',
        attributes: {},
        data,
        dataBase64: Buffer.from(data).toString('base64'),
        deliveryAttempt: null,
      };
      await receive({ database: db.database, effects }, 'usage.checkpointed', push, 'service:test', async () => {
        applied += 1;
      });
    }
    expect(applied).toBe(1);
  });

  test('refuses a topic that there is not, a time to come and what is no time', async () => {
    expect((await as('events replay --topic usage --since 2026-10-05', 'person:omar')).err).toContain(
      'the topics are usage.checkpointed',
    );
    expect((await as('events replay --topic usage.checkpointed --since 2026-10-07', 'person:omar')).err).toContain(
      'is yet to come',
    );
    for (const since of ['yesterday', '2026-02-30', '2026-10-05T25:00:00Z', '2026-10-05T08:00:00+02:00'])
      expect((await as(`events replay --topic usage.checkpointed --since ${since}`, 'person:omar')).code, since).toBe(
        2,
      );
    expect((await as('events replay --topic usage.checkpointed --since 2026-10-05', 'person:ana')).err).toContain(
      'this needs operator',
    );
    const nothing = await as('events replay --topic invoice.issued --since 2026-10-05', 'person:omar');
    expect(nothing).toMatchObject({ code: 0, published: [] });
  });
});

describe('dead letters', () => {
  async function putAside(data: string, subscription = 'usage.checkpointed.validate-usage'): Promise<void> {
    const push = {
      messageId: crypto.randomUUID(),
      subscription,
      attributes: {},
      data,
      dataBase64: Buffer.from(data).toString('base64'),
      deliveryAttempt: 5,
    };
    await keepDeadLetter(
      { database: db.database, effects },
      push,
      'service:alert-failures',
      'the function answered with an error each time',
    );
  }
  async function aFact(): Promise<string> {
    await facts(1, '2026-10-05T09:00:00Z');
    return (await db.owner.query('select body from outbox')).rows[0].body;
  }
  const statuses = async () =>
    (await db.owner.query('select status from dead_letters order by 1')).rows.map(({ status }) => status);

  test('are listed with their reasons, sent back byte for byte, and marked', async () => {
    const body = await aFact();
    await putAside(body);
    const listed = await run('dead-letters list');
    expect(listed.out).toContain('#1  usage.checkpointed.validate-usage');
    expect(listed.out).toContain('the function answered with an error each time');
    const replayed = await as('dead-letters replay 1', 'person:omar');
    expect(replayed.published).toMatchObject([{ topic: 'usage.checkpointed', eventId: JSON.parse(body).id, body }]);
    expect(await statuses()).toEqual(['replayed']);
    expect((await as('dead-letters replay 1', 'person:omar')).err).toContain('was replayed before');
    expect((await run('audit verify')).code).toBe(0);
  });

  test('one that Pub/Sub does not take waits on', async () => {
    await putAside(await aFact());
    const failed = await run(['dead-letters', 'replay', '1', '--as', 'person:omar'], { unpublishable: true });
    expect(failed).toMatchObject({ code: 1, err: expect.stringContaining('Pub/Sub did not take it') });
    expect(await statuses()).toEqual(['waiting']);
  });

  test('one that still cannot be read, or is of no known subscription, is not sent round again', async () => {
    await putAside('{"not":"an event"}');
    await putAside(await aFact(), 'gone.topic.receiver');
    expect((await as('dead-letters replay 1', 'person:omar')).err).toContain('still cannot be read');
    expect((await as('dead-letters replay 2', 'person:omar')).err).toContain('is no subscription of a topic');
    expect((await as('dead-letters replay 3', 'person:omar')).err).toContain('There is no message 3');
    expect(await statuses()).toEqual(['waiting', 'waiting']);
  });

  test('one is given up for a reason, audited', async () => {
    await putAside('{"not":"an event"}');
    expect((await as('dead-letters discard 1', 'person:omar')).code).toBe(2);
    expect((await as('dead-letters discard 1', 'person:omar', ' ')).code).toBe(1);
    expect((await as('dead-letters discard 1', 'person:omar', 'a probe')).code).toBe(0);
    const log = await db.owner.query(`select actor, why from audit_log where action = 'dead_letter.discarded'`);
    expect(log.rows).toEqual([{ actor: 'person:omar', why: 'a probe' }]);
    expect((await run('dead-letters list')).out).toContain('No message waits.');
    expect((await run('audit verify')).code).toBe(0);
  });
});
