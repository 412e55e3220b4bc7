import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { FUNCTIONS } from '../../../functions/index.ts';
import { serveOnce, type Unpacked, unpackArchive } from '../../archive/unpacked.ts';
import { probe, unusedClients } from '../../bench/imports.ts';

let unpacked: Unpacked;
beforeAll(async () => {
  unpacked = await unpackArchive();
}, 300_000);
afterAll(() => unpacked?.remove());

/** Nothing listens there: a request that makes no sense is refused before the database is asked. */
const NO_DATABASE = 'postgres://nobody@127.0.0.1:9/none';
const FIRST_PORT = 18_420;

test.each(FUNCTIONS.map(({ manifest }, index) => [manifest.name, index] as const))(
  'the archive starts %s by its entry point, with production packages only',
  async (name, index) => {
    const { status, answer } = await serveOnce(unpacked.folder, name, FIRST_PORT + index, NO_DATABASE);
    expect({ status, answer }).toMatchObject({ status: expect.any(Number) });
    expect(status, answer).toBeGreaterThanOrEqual(400);
    expect(status, answer).toBeLessThan(500);
  },
);

test.each(FUNCTIONS.map(({ manifest }) => manifest.name))('%s loads no client that it does not use', async (name) => {
  const built = join(unpacked.folder, 'dist', 'functions');
  const { packages } = await probe([join(built, 'world.js'), join(built, name, 'handler.js')]);
  expect(packages).toContain('pg');
  expect(await unusedClients(name, packages)).toEqual([]);
});
