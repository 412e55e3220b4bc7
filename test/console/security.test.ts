import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { create } from '../../functions/console/handler.ts';
import { ROUTES } from '../../functions/console/routes.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { DOWNLOADS, SEEDED_ADDRESSES } from './addresses.ts';
import { seedEffects, seedMonth } from './seed.ts';
import { seedPlans } from './seed-plans.ts';
import { request, testWorld } from './world.ts';

/** Breaks out of text, attributes, comments, script and style when it is not escaped. */
const HOSTILE = `"'><img src=x onerror=alert(1)></td></style></script><script>alert(1)</script>&lt;b&gt; <!-- javascript:alert(1)`;

const ADDRESSES = [...SEEDED_ADDRESSES, `/plans/${seedPlans(HOSTILE).enterprise.version}`];
const SHOWING_IT = [
  '/runs/2026-10',
  '/runs/2026-10/report',
  '/invoices/2026-10/nimbus-robotics/usage',
  '/checkpoints/15',
  '/customers',
  '/customers/nimbus-robotics',
  '/exceptions',
  '/audit',
  ...ADDRESSES.slice(-1),
];

describe('security of the console', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase(seedEffects);
    await seedMonth(database, { text: HOSTILE });
  });
  afterAll(() => database.remove());

  const read = (address: string, method = 'GET') => create(testWorld(database).world)(request(method, address));

  test.each(ADDRESSES)('hostile names are shown as text on %s', async (address) => {
    const text = String((await read(address)).body);
    expect(text).not.toMatch(/<img src=x|<script|onerror=alert\(1\)>(?!&)|<\/style>/);
    // Every attribute stays inside its quotes: no tag carries a handler or a script address.
    expect(text.match(/<[a-z][^>]*\s(on\w+|style)=/g)).toBeNull();
    expect(text.match(/(href|src)="(?!\/|#main")[^"]*"/g)).toBeNull();
  });

  test.each(SHOWING_IT)('the hostile text really is on %s', async (address) => {
    expect(String((await read(address)).body)).toContain('&lt;script&gt;alert(1)');
  });

  test.each([...SEEDED_ADDRESSES, ...DOWNLOADS, '/nowhere', '/style.css', '/icon.svg'])(
    '%s forbids scripts, frames and foreign content',
    async (address) => {
      const { headers } = await read(address);
      expect(headers?.['content-security-policy']).toBe(
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'",
      );
      expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'same-origin' });
    },
  );

  test('pages are not kept by caches; what they load may be', async () => {
    expect((await read('/runs')).headers?.['cache-control']).toBe('no-store');
    expect((await read('/style.css')).headers?.['cache-control']).toBe('public, max-age=86400');
    expect((await read('/style.css')).contentType).toBe('text/css; charset=utf-8');
  });

  test.each(['POST', 'PUT', 'PATCH', 'DELETE', 'TRACE'])(
    '%s changes nothing: the console only reads',
    async (method) => {
      for (const address of ['/', '/runs/2026-10', '/style.css']) {
        expect(await read(address, method)).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
      }
    },
  );

  test('every route is read-only, names the least role that may see it, and stands once in the table', () => {
    expect(
      ROUTES.every(
        (route) =>
          route.method === 'GET' && ['viewer', 'operator', 'author', 'approver', 'finance'].includes(route.role),
      ),
    ).toBe(true);
    const shapes = ROUTES.map((route) => route.pattern.replaceAll(/:\w+/g, ':'));
    expect(new Set(shapes).size).toBe(shapes.length);
  });
});
