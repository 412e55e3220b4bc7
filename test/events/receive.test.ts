import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { systemEffects } from '../../shared/effects/system.ts';
import { publishOutbox, recordEvents } from '../../shared/events/outbox.ts';
import type { OutgoingMessage } from '../../shared/events/publisher.ts';
import { type Push, parsePush } from '../../shared/events/push-envelope.ts';
import { receive, receiveRepeatable, Unprocessable } from '../../shared/events/receive.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';

const ACTOR = 'service:test';
const DATA = { region: 'us-east', source: 'requests', day: '2026-10-05', checkpointId: '7', revision: 1 };
const EVENT = {
  id: '0b9c6d0e-0c3a-4f61-9f0e-2f3f6f1f9a11',
  type: 'usage.checkpointed',
  version: 1,
  occurredAt: '2026-10-06T02:00:00.000Z',
  data: DATA,
};

const push = (data: string, messageId = 'm1'): Push => ({
  messageId,
  subscription: 'usage.checkpointed.validate-usage',
  attributes: {},
  data,
  dataBase64: Buffer.from(data).toString('base64'),
  deliveryAttempt: 1,
});

let db: TestDatabase;
beforeEach(async () => {
  db = await createTestDatabase();
});
afterEach(() => db.remove());

const dependencies = () => ({ database: db.database, effects: systemEffects() });
const count = async (table: string) => Number((await db.owner.query(`select count(*) from ${table}`)).rows[0].count);

describe('promise 11: every message ends as applied, duplicate or dead-lettered', () => {
  test('a message is applied once, however often it comes', async () => {
    let applied = 0;
    const take = () =>
      receive(dependencies(), 'usage.checkpointed', push(JSON.stringify(EVENT)), ACTOR, async () => {
        applied += 1;
      });
    expect([await take(), await take(), await take()].map((receipt) => receipt.kind)).toEqual([
      'applied',
      'duplicate',
      'duplicate',
    ]);
    expect(applied).toBe(1);
  });

  test('of ten copies at the same time one is applied', async () => {
    let applied = 0;
    const copies = Array.from({ length: 10 }, () =>
      receive(dependencies(), 'usage.checkpointed', push(JSON.stringify(EVENT)), ACTOR, async () => {
        applied += 1;
      }),
    );
    const kinds = (await Promise.all(copies)).map((receipt) => receipt.kind);
    expect(kinds.filter((kind) => kind === 'applied')).toHaveLength(1);
    expect(applied).toBe(1);
  });

  test('an effect that throws leaves no claim: the message comes again and is applied', async () => {
    const failing = receive(dependencies(), 'usage.checkpointed', push(JSON.stringify(EVENT)), ACTOR, async () => {
      throw new Error('the database went away');
    });
    await expect(failing).rejects.toThrow('went away');
    expect(await count('inbox')).toBe(0);
    expect(
      await receive(dependencies(), 'usage.checkpointed', push(JSON.stringify(EVENT)), ACTOR, async () => undefined),
    ).toEqual({ kind: 'applied' });
  });

  test.each([
    ['not JSON', '{"id":', /not JSON/],
    ['not an event', '[]', /not an event/],
    [
      'an unknown version',
      JSON.stringify({ ...EVENT, version: 9 }),
      /unknown version 9 of usage.checkpointed; this build reads version 1/,
    ],
    [
      'another topic’s event',
      JSON.stringify({ ...EVENT, type: 'invoice.issued' }),
      /invoice.issued event on the topic usage.checkpointed/,
    ],
    [
      'a field that is missing',
      JSON.stringify({ ...EVENT, data: { ...DATA, day: undefined } }),
      /malformed usage.checkpointed[\s\S]*day/,
    ],
    [
      'a name that no text column can hold',
      JSON.stringify({ ...EVENT, data: { ...DATA, region: 'us\u0000east' } }),
      /control characters/,
    ],
    ['a field that nobody knows', JSON.stringify({ ...EVENT, data: { ...DATA, tenant: 'x' } }), /tenant/],
  ])('%s goes to the dead letters with its reason and its bytes, once', async (_what, text, reason) => {
    const take = () => receive(dependencies(), 'usage.checkpointed', push(text), ACTOR, async () => undefined);
    expect(await take()).toMatchObject({ kind: 'dead_lettered', reason: expect.stringMatching(reason) });
    await take();
    const kept = await db.owner.query('select message, reason, status from dead_letters');
    expect(kept.rows).toEqual([{ message: text, reason: expect.stringMatching(reason), status: 'waiting' }]);
    expect(await count('inbox')).toBe(0);
  });

  test('a message with a NUL is kept all the same: readable, and byte for byte', async () => {
    await receive(dependencies(), 'usage.checkpointed', push('{\u0000'), ACTOR, async () => undefined);
    const kept = await db.owner.query('select message, data_base64 from dead_letters');
    expect(kept.rows).toEqual([{ message: '{\uFFFD', data_base64: Buffer.from('{\u0000').toString('base64') }]);
  });

  test('an event that names what does not exist is put aside, and nothing of its effect stays', async () => {
    const receipt = await receive(
      dependencies(),
      'usage.checkpointed',
      push(JSON.stringify(EVENT)),
      ACTOR,
      async (transaction) => {
        await recordEvents(transaction, systemEffects(), [
          { type: 'invoice.approved', data: { invoiceId: 'i', runId: 'r' } },
        ]);
        throw new Unprocessable('there is no region us-east');
      },
    );
    expect(receipt).toEqual({ kind: 'dead_lettered', reason: 'there is no region us-east' });
    expect(await count('outbox')).toBe(0);
  });

  test('work that reaches outside is done before the claim, and again when it failed', async () => {
    let runs = 0;
    const take = () =>
      receiveRepeatable(dependencies(), 'usage.checkpointed', push(JSON.stringify(EVENT)), ACTOR, async () => {
        runs += 1;
        if (runs === 1) throw new Error('connection lost');
      });
    await expect(take()).rejects.toThrow('connection lost');
    expect(await take()).toEqual({ kind: 'applied' });
    expect(await take()).toEqual({ kind: 'duplicate' });
  });
});

describe('promise 10: committed facts and published events are one to one, eventually', () => {
  const record = (ids: string[]) =>
    db.database.transaction({ actor: ACTOR, why: 'test' }, (transaction) =>
      recordEvents(
        transaction,
        systemEffects(),
        ids.map((invoiceId) => ({ type: 'invoice.approved' as const, data: { invoiceId, runId: 'r' } })),
      ),
    );

  test('a transaction that fails publishes nothing', async () => {
    await expect(
      db.database.transaction({ actor: ACTOR, why: 'test' }, async (transaction) => {
        await recordEvents(transaction, systemEffects(), [
          { type: 'invoice.approved', data: { invoiceId: 'i', runId: 'r' } },
        ]);
        throw new Error('no');
      }),
    ).rejects.toThrow('no');
    expect(await count('outbox')).toBe(0);
  });

  test('a publish that fails leaves the fact waiting, and the next one sends it', async () => {
    await record(['a', 'b']);
    const sent: string[] = [];
    const broken = { publish: async () => Promise.reject(new Error('no network')), close: async () => undefined };
    const working = {
      publish: async (topic: string, messages: readonly OutgoingMessage[]) =>
        void sent.push(...messages.map((m) => `${topic} ${JSON.parse(m.body).data.invoiceId}`)),
      close: async () => undefined,
    };
    await expect(publishOutbox(db.database, broken, systemEffects(), ACTOR)).rejects.toThrow('no network');
    expect(await publishOutbox(db.database, working, systemEffects(), ACTOR)).toBe(2);
    expect(sent.sort()).toEqual(['invoice.approved a', 'invoice.approved b']);
    expect(await publishOutbox(db.database, working, systemEffects(), ACTOR)).toBe(0);
  });

  test('two publishers at once send each fact once', async () => {
    await record(Array.from({ length: 50 }, (_, index) => `i${index}`));
    const sent: string[] = [];
    const publisher = {
      publish: async (_topic: string, messages: readonly OutgoingMessage[]) =>
        void sent.push(...messages.map((m) => m.eventId)),
      close: async () => undefined,
    };
    await Promise.all([1, 2, 3].map(() => publishOutbox(db.database, publisher, systemEffects(), ACTOR)));
    expect(new Set(sent).size).toBe(50);
    expect(sent).toHaveLength(50);
  });
});

describe('a push request', () => {
  test('is read as Pub/Sub documents it, with and without a delivery attempt', () => {
    const body = {
      message: { data: Buffer.from('héllo').toString('base64'), messageId: '1', attributes: { a: 'b' } },
      subscription: 'projects/p/subscriptions/s.x',
    };
    expect(parsePush(body)).toEqual({
      kind: 'push',
      push: {
        messageId: '1',
        subscription: 's.x',
        attributes: { a: 'b' },
        data: 'héllo',
        dataBase64: 'aMOpbGxv',
        deliveryAttempt: null,
      },
    });
    expect(parsePush({ ...body, deliveryAttempt: 3 })).toMatchObject({ push: { deliveryAttempt: 3 } });
  });

  test.each([[null], ['text'], [{}], [{ message: {} }], [{ message: { messageId: '' }, subscription: 's' }]])(
    'that is %j is refused as not from Pub/Sub',
    (body) => {
      expect(parsePush(body)).toMatchObject({ kind: 'refused' });
    },
  );
});
