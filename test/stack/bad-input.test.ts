import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { getTestServer } from '@google-cloud/functions-framework/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { register } from '../../functions/index.ts';
import { openWorld } from '../../functions/world.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { close, listen } from '../local-cloud/stack/listen.ts';
import { lockDirectory } from '../local-cloud/stack/lock.ts';
import { startLocalCloud, temporaryDirectory } from './local-stack.ts';

describe('an event that cannot be used', () => {
  const servers = ['validate-usage', 'price-usage', 'issue-invoices'] as const;
  const endpoints = new Map<string, string>();
  const opened: ReturnType<typeof getTestServer>[] = [];
  let fixture: TestDatabase;

  beforeAll(async () => {
    fixture = await createTestDatabase();
    const environment = {
      DATABASE_URL: fixture.url,
      STRIPE_API_KEY: 'sk_test_unused',
      STRIPE_API_BASE: 'http://127.0.0.1:9',
    };
    const world = { ...openWorld(environment, systemEffects()), logger: { log: () => undefined } };
    register(() => world);
    for (const name of servers) {
      const server = getTestServer(name);
      opened.push(server);
      endpoints.set(name, `http://127.0.0.1:${await listen(server, 0)}/`);
    }
    return () => world.database.close();
  });
  afterAll(async () => {
    for (const server of opened) await close(server);
    await fixture.remove();
  });

  const event = (type: string, data: object, version: unknown = 1) =>
    JSON.stringify({
      id: '6f1c2b9e-58d5-4c0e-9d0a-3a4d0f4b1c11',
      type,
      version,
      occurredAt: '2026-10-14T02:00:00.000Z',
      data,
    });
  const pricing = { runId: '1999-01', period: '1999-01', fencingToken: 1, shard: 0, shards: 1 };

  test.each([
    ['validate-usage', 'usage.checkpointed', 'no { JSON', /not JSON/],
    ['validate-usage', 'usage.checkpointed', '"text"', /not an event/],
    ['validate-usage', 'usage.checkpointed', event('usage.checkpointed', {}), /malformed usage\.checkpointed/],
    [
      'validate-usage',
      'usage.checkpointed',
      event('invoice.approved', { invoiceId: 'a', runId: 'b' }),
      /on the topic usage\.checkpointed/,
    ],
    ['price-usage', 'period.completed', event('period.completed', pricing, 2), /unknown version 2/],
    ['price-usage', 'period.completed', event('period.completed', pricing), /no shard 0 of run 1999-01/],
    [
      'issue-invoices',
      'invoice.approved',
      event('invoice.approved', { invoiceId: '1999-01/nobody/usage', runId: '1999-01' }),
      /no invoice 1999-01\/nobody\/usage/,
    ],
  ])(
    'promise 11: to %s on %s is acknowledged, kept with its reason, and nothing else is written (%#)',
    async (name, topic, text, reason) => {
      const messageId = crypto.randomUUID();
      const before = await rowCounts(fixture);
      const answered = await post(endpoints.get(name), {
        message: { data: Buffer.from(text).toString('base64'), messageId, attributes: {} },
        subscription: `projects/p/subscriptions/${topic}.${name}`,
      });
      expect(answered.status).toBe(200);
      const letters = await fixture.owner.query(
        'select subscription, message, reason, status from dead_letters where message_id = $1',
        [messageId],
      );
      expect(letters.rows).toEqual([
        { subscription: `${topic}.${name}`, message: text, reason: expect.stringMatching(reason), status: 'waiting' },
      ]);
      expect(await rowCounts(fixture)).toEqual(before);
    },
  );

  test('a request that is no push is refused, and nothing is written', async () => {
    const before = await rowCounts(fixture);
    const answered = await post(endpoints.get('validate-usage'), { hello: 'there' });
    expect(answered.status).toBe(400);
    expect(answered.text).toMatch(/not a Pub\/Sub push/);
    expect(await rowCounts(fixture)).toEqual(before);
  });
});

describe('an environment that is not right', () => {
  test.each([
    [{}, /DATABASE_URL is not set/],
    [{ DATABASE_URL: 'mysql://x' }, /DATABASE_URL must look like postgres:/],
    [
      { DATABASE_URL: 'postgres://u@127.0.0.1:9/d', DATABASE_POOL_SIZE: 'many' },
      /DATABASE_POOL_SIZE must be a whole number/,
    ],
    [{ DATABASE_URL: 'postgres://u@127.0.0.1:9/d', PROMETHEUS_ENDPOINTS: '[' }, /PROMETHEUS_ENDPOINTS is not JSON/],
  ])('%j: the function answers with the variable and what to do', async (environment, message) => {
    register(() => openWorld(environment, systemEffects()));
    const server = getTestServer('sweep-outbox');
    const port = await listen(server, 0);
    const answered = await post(
      `http://127.0.0.1:${port}/`,
      {},
      { 'x-cloudscheduler-scheduletime': '2026-10-14T02:00:00Z' },
    );
    await close(server);
    expect(answered.status).toBe(500);
    expect(answered.text).toMatch(message);
  });
});

describe('npm start', () => {
  const directory = temporaryDirectory(0o711);
  afterAll(() => directory.remove());

  test('with an unknown option says so, prints the usage, and exits 2', async () => {
    const { code, stderr } = await startLocalCloud({ dataDirectory: directory.path, arguments: ['--twice'] }).ended;
    expect(stderr).toMatch(/--twice/);
    expect(stderr).toMatch(/Usage: npm start/);
    expect(code).toBe(2);
  });

  test('with a port that is none says what to write, and exits 2', async () => {
    const { code, stderr } = await startLocalCloud({
      dataDirectory: directory.path,
      environment: { DAYBOOK_PORT: 'http' },
    }).ended;
    expect(stderr).toMatch(/DAYBOOK_PORT is "http": write a port from 1 to 65535/);
    expect(code).toBe(2);
  });

  test('with a data directory that cannot be one says what to do, and exits 1', async () => {
    const path = join(directory.path, 'a-file');
    writeFileSync(path, '');
    const { code, stderr } = await startLocalCloud({ dataDirectory: path }).ended;
    expect(stderr).toMatch(/The data directory .*a-file cannot be used/);
    expect(stderr).toMatch(/DAYBOOK_DATA_DIR/);
    expect(stderr).not.toMatch(/ at .*\.ts:/);
    expect(code).toBe(1);
  });

  test('with a port in use says which, before it makes anything', {
    timeout: 120_000,
  }, async () => {
    const other = createServer();
    const port = await listen(other, 0);
    const path = join(directory.path, 'busy');
    const { code, stderr } = await startLocalCloud({ dataDirectory: path, environment: { DAYBOOK_PORT: String(port) } })
      .ended;
    await close(other);
    expect(stderr).toContain(`Port ${port} (DAYBOOK_PORT) is in use`);
    expect(stderr).not.toMatch(/ at .*\.ts:/);
    expect(code).toBe(1);
    expect(existsSync(path)).toBe(false);
  });
});

describe('the lock of a data directory', () => {
  const directory = temporaryDirectory(0o711);
  afterAll(() => directory.remove());

  test('refuses a second stack and names the first', () => {
    const path = join(directory.path, 'held');
    mkdirSync(path);
    const lock = lockDirectory(join(path, 'stack.lock'), path);
    expect(() => lockDirectory(join(path, 'stack.lock'), path)).toThrow(
      `Another local stack (process ${process.pid}) runs on ${path}`,
    );
    lock.release();
    lockDirectory(join(path, 'stack.lock'), path).release();
  });

  test.each([
    ['of a process that is gone', '{"pid":2147483646,"began":"1"}'],
    ['whose process id now belongs to another process', `{"pid":${process.pid},"began":"1"}`],
    ['that is torn', '{"pid":'],
  ])('takes over one %s', (_name, content) => {
    const path = join(directory.path, 'left.lock');
    writeFileSync(path, content);
    lockDirectory(path, directory.path).release();
  });
});

async function rowCounts({ owner }: TestDatabase): Promise<unknown> {
  const counted = await owner.query(
    `select (select count(*)::int from inbox) as inbox, (select count(*)::int from outbox) as outbox,
       (select count(*)::int from billing_runs) as runs, (select count(*)::int from invoices) as invoices, (select count(*)::int from exceptions) as exceptions`,
  );
  return counted.rows;
}

async function post(url: string | undefined, body: object, headers: Readonly<Record<string, string>> = {}) {
  const response = await fetch(url ?? '', {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  return { status: response.status, text: await response.text() };
}
