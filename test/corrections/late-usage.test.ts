import { afterEach, describe, expect, test } from 'vitest';
import type { TestDatabase } from '../database/fixture.ts';
import {
  adjustments,
  billedInTheEnd,
  billOctober,
  changes,
  comesLate,
  compareChanges,
  look,
  measureAgain,
  NOVEMBER,
  openMonth,
  rateNovember,
  rateRun,
  rowsOf,
  signOff,
  takeChanges,
  UNIT_PLAN,
  VOLUME_PLAN,
} from './setting.ts';

let db: TestDatabase;
afterEach(() => db.remove());

const billed = async (plan: unknown, usage: string) => {
  db = await openMonth(plan);
  await billOctober(db, { 'acme-app': usage });
};
const november = () =>
  rowsOf(
    db,
    `select c.line_key, c.amount::int, c.purpose from charges c join invoices i using (invoice_id)
     where i.period = '2026-11' and i.status <> 'superseded' order by c.position`,
  );

describe('promise 12: late usage after the issue', () => {
  test('unit price 10: billed 5 = 50.00, now 8 = 80.00, so +30.00 on one line', async () => {
    await billed(UNIT_PLAN, '5');
    await comesLate(db, { 'acme-app': '8' });
    expect(await adjustments(db)).toEqual([
      {
        id: '2026-10/acme/adjustment/1',
        status: 'approved',
        billed: 5_000,
        corrected: 8_000,
        total: 3_000,
        lines: [3_000],
      },
    ]);
  });

  test('volume: 15 at 10 = 150.00, then 16 at 5 = 80.00, so −150.00 and +80.00 as one linked adjustment', async () => {
    await billed(VOLUME_PLAN, '15');
    await comesLate(db, { 'acme-app': '16' });
    expect(await adjustments(db)).toMatchObject([{ total: -7_000, lines: [-15_000, 8_000] }]);
    const [row] = await rowsOf(db, `select document::jsonb #> '{lines}' as lines from adjustments`);
    expect(row?.lines).toMatchObject([
      { corrects: { invoice: '2026-10/acme/usage', line: 'requests', part: 'tier_1' }, exact: '-150' },
      { corrects: { invoice: '2026-10/acme/usage', line: 'requests', part: 'tier_2' }, exact: '80' },
    ]);
  });

  test('a second look at the same usage is zero and opens nothing', async () => {
    await billed(UNIT_PLAN, '5');
    await comesLate(db, { 'acme-app': '8' });
    expect(await look(db.database)).toBe('unchanged');
    expect(await compareChanges(db)).toEqual([{ kind: 'already_compared' }]);
    expect(await adjustments(db)).toHaveLength(1);
  });

  test('a rerun that finds the same data, and one that moves no figure, open nothing', async () => {
    await billed(UNIT_PLAN, '5');
    await comesLate(db, { 'acme-app': '5' });
    expect(await rowsOf(db, 'select 1 from reratings')).toEqual([]);
    // Another region says the same requests: other rows, the same sum.
    await measureAgain(db.database, { 'acme-app': '0' });
    await comesLate(db, { 'acme-app': '5' }, '2026-10-02');
    expect(await rowsOf(db, 'select rerating from reratings')).toHaveLength(1);
    expect(await adjustments(db)).toEqual([]);
  });

  test('only the customers whose figures changed are compared', async () => {
    db = await openMonth(UNIT_PLAN, ['acme', 'birch', 'cedar']);
    await billOctober(db, { 'acme-app': '5', 'birch-app': '6', 'cedar-app': '7' });
    await comesLate(db, { 'acme-app': '5', 'birch-app': '9', 'cedar-app': '7' });
    expect(await rowsOf(db, 'select customers, status from rerating_shards')).toEqual([
      { customers: ['birch'], status: 'compared' },
    ]);
    expect(await adjustments(db)).toMatchObject([{ id: '2026-10/birch/adjustment/1', total: 3_000 }]);
  });

  test('a newer change supersedes what is not placed, and a return to the billed figure leaves nothing', async () => {
    await billed(UNIT_PLAN, '5');
    await comesLate(db, { 'acme-app': '8' });
    await comesLate(db, { 'acme-app': '9' });
    expect(await adjustments(db)).toMatchObject([
      { total: 3_000, status: 'superseded' },
      { total: 4_000, status: 'approved' },
    ]);
    await comesLate(db, { 'acme-app': '5' });
    expect((await adjustments(db)).map(({ status }) => status)).toEqual(['superseded', 'superseded']);
    await comesLate(db, { 'acme-app': '8' });
    expect(await adjustments(db)).toMatchObject([{}, {}, { total: 3_000, status: 'approved' }]);
  });

  test('a message that comes late compares with the latest inputs, and the later one finds nothing to do', async () => {
    await billed(UNIT_PLAN, '5');
    await measureAgain(db.database, { 'acme-app': '8' });
    await look(db.database);
    await measureAgain(db.database, { 'acme-app': '9' });
    await look(db.database);
    const outcomes = await compareChanges(db);
    expect(outcomes).toMatchObject([
      { kind: 'compared', proposed: ['2026-10/acme/adjustment/1'] },
      { kind: 'compared', proposed: [], superseded: [] },
    ]);
    expect(await adjustments(db)).toMatchObject([{ total: 4_000 }]);
  });

  test('two workers that compare the same shard at once open one adjustment', async () => {
    await billed(UNIT_PLAN, '5');
    await measureAgain(db.database, { 'acme-app': '8' });
    await look(db.database);
    const messages = await changes(db);
    await Promise.all([takeChanges(db, messages), takeChanges(db, messages), takeChanges(db, messages)]);
    expect(await adjustments(db)).toHaveLength(1);
  });
});

describe('the next invoice', () => {
  test('carries the adjustment: 2 × 10.00 + 30.00 = 50.00, and the line names what it corrects', async () => {
    await billed(UNIT_PLAN, '5');
    await comesLate(db, { 'acme-app': '8' });
    await rateNovember(db, { 'acme-app': '2' });
    expect(await november()).toEqual([
      { line_key: 'requests', amount: 2_000, purpose: 'billed' },
      { line_key: '2026-10/acme/adjustment/1/1', amount: 3_000, purpose: 'adjustment' },
    ]);
    expect(await adjustments(db)).toMatchObject([{ status: 'placed' }]);
    expect(await billedInTheEnd(db)).toBe(8_000);
    const [invoice] = await rowsOf(
      db,
      `select subtotal::int, document::jsonb -> 'adjustments' as adjustments from invoices where period = '2026-11'`,
    );
    expect(invoice).toMatchObject({
      subtotal: 5_000,
      adjustments: [
        {
          adjustment: '2026-10/acme/adjustment/1',
          corrects: ['2026-10/acme/usage'],
          lines: [{ amount: '3000', corrects: { invoice: '2026-10/acme/usage', line: 'requests', part: null } }],
        },
      ],
    });
  });

  test('is rated again: the adjustment moves with it, and is carried once', async () => {
    await billed(UNIT_PLAN, '5');
    await comesLate(db, { 'acme-app': '8' });
    await rateNovember(db, { 'acme-app': '2' });
    await measureAgain(db.database, { 'acme-app': '3' }, '2026-11-01');
    expect(await rateRun(db, NOVEMBER)).toBe(2);
    expect(await november()).toMatchObject([{ amount: 3_000 }, { amount: 3_000, purpose: 'adjustment' }]);
    expect(await rowsOf(db, 'select status, invoice_id from adjustments')).toEqual([
      { status: 'placed', invoice_id: '2026-11/acme/usage/2' },
    ]);
  });

  test('two adjustments in a row add up, and a correction of a correction corrects what stands', async () => {
    await billed(UNIT_PLAN, '5');
    await comesLate(db, { 'acme-app': '8' });
    await rateNovember(db, { 'acme-app': '9' });
    await signOff(db, NOVEMBER);
    // 80.00 stand for October now: 6 requests are 20.00 less than that.
    await comesLate(db, { 'acme-app': '6' });
    expect(await adjustments(db)).toMatchObject([
      { status: 'placed', billed: 5_000, corrected: 8_000, total: 3_000 },
      { status: 'approved', billed: 8_000, corrected: 6_000, total: -2_000 },
    ]);
    // And before it is placed once more: 7 requests replace it by −10.00.
    await comesLate(db, { 'acme-app': '7' });
    expect((await adjustments(db)).at(-1)).toMatchObject({ status: 'approved', billed: 8_000, total: -1_000 });
    expect(await billedInTheEnd(db)).toBe(8_000);
  });

  test('promise 12: volume over a tier and back adds up to nothing: −70.00, then +70.00 tier by tier', async () => {
    await billed(VOLUME_PLAN, '15');
    await comesLate(db, { 'acme-app': '16' });
    await rateNovember(db, { 'acme-app': '15' });
    await signOff(db, NOVEMBER);
    await comesLate(db, { 'acme-app': '15' });
    expect(await adjustments(db)).toMatchObject([
      { total: -7_000, lines: [-15_000, 8_000] },
      { total: 7_000, lines: [15_000, -8_000] },
    ]);
  });
});
