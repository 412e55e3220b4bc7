import { afterEach, describe, expect, test } from 'vitest';
import { create } from '../../functions/console/handler.ts';
import { request, testWorld } from '../console/world.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { billOctober, comesLate, openMonth, rateNovember, VOLUME_PLAN } from './setting.ts';

let db: TestDatabase;
afterEach(() => db.remove());

async function read(address: string): Promise<string> {
  const reply = await create(testWorld(db).world)(request('GET', address));
  expect(reply.status, address).toBe(200);
  const text = String(reply.body);
  expect(text, address).not.toMatch(/undefined|\[object |NaN|Invalid Date/);
  return text;
}

const carried = async () => {
  db = await openMonth(VOLUME_PLAN);
  await billOctober(db, { 'acme-app': '15' });
  await comesLate(db, { 'acme-app': '16' });
  await rateNovember(db, { 'acme-app': '1' });
};

describe('the console', () => {
  test('shows an adjustment line by line: −150.00 and +80.00, with links to what it corrects and where it stands', async () => {
    await carried();
    const page = await read('/adjustments/2026-10/acme/adjustment/1');
    for (const text of ['−150.00 USD', '80.00 USD', '−70.00 USD', 'tier_1', 'tier_2']) expect(page).toContain(text);
    for (const link of ['/invoices/2026-10/acme/usage', '/invoices/2026-11/acme/usage'])
      expect(page).toContain(`href="${link}"`);
  });

  test('links an invoice to what corrects it, and the one that carries it to the adjustment', async () => {
    await carried();
    for (const invoice of ['2026-10/acme/usage', '2026-11/acme/usage'])
      expect(await read(`/invoices/${invoice}`)).toContain('href="/adjustments/2026-10/acme/adjustment/1"');
    expect(await read('/adjustments')).toContain('href="/adjustments/2026-10/acme/adjustment/1"');
  });

  test('puts what waits for a person first, with the command', async () => {
    db = await openMonth(VOLUME_PLAN);
    await billOctober(db, { 'acme-app': '10' });
    await db.owner.query('delete from adjustment_policies');
    await comesLate(db, { 'acme-app': '11' });
    expect(await read('/adjustments')).toContain('adjustments approve 2026-10/acme/adjustment/1');
    expect(await read('/exceptions')).toContain('href="/adjustments/2026-10/acme/adjustment/1"');
  });
});
