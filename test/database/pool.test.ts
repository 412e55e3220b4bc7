import { Socket } from 'node:net';
import { expect, inject, test } from 'vitest';
import { lazyPool } from '../../shared/database/pool.ts';
import { TEMPLATE } from './global-setup.ts';

const options = {
  url: inject('postgresUrl').replace('DATABASE', TEMPLATE),
  role: null,
  poolSize: 1,
  applicationName: 'test',
};

test('nothing is opened before the first statement, and the way is closed at the end', async () => {
  const seen: string[] = [];
  const pool = lazyPool({ ...options, instance: 'project:region:daybook' }, async (instance) => {
    seen.push(`opened ${instance}`);
    const stream = () => {
      seen.push('connected');
      return new Socket();
    };
    return { settings: { stream }, close: () => seen.push('closed') };
  });
  expect(seen).toEqual([]);
  expect((await pool.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
  await pool.query({ text: 'select 2' });
  await pool.end();
  expect(seen).toEqual(['opened project:region:daybook', 'connected', 'closed']);
});

test('a way that cannot be opened is an error of that statement, and the next one tries again', async () => {
  let attempts = 0;
  const pool = lazyPool({ ...options, instance: 'project:region:daybook' }, async () => {
    attempts += 1;
    if (attempts === 1) throw new Error('the instance is being created');
    return { settings: {}, close: () => undefined };
  });
  await expect(pool.query({ text: 'select 1' })).rejects.toThrow('the instance is being created');
  expect((await pool.query({ text: 'select 1 as one' })).rows).toEqual([{ one: 1 }]);
  await pool.end();
});

test('a pool that was never used ends without opening anything', async () => {
  const pool = lazyPool({ ...options, instance: 'project:region:daybook' }, async () => {
    throw new Error('opened');
  });
  await expect(pool.end()).resolves.toBeUndefined();
});
