import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { BillingPeriod } from '../../shared/calendar/billing-period.ts';
import { costSoFar } from '../../shared/visibility/cost-so-far.ts';
import { asVisibility } from '../../shared/visibility/role.ts';
import { daybook } from '../cli/command-line.ts';
import type { TestDatabase } from '../database/fixture.ts';
import {
  billOctober,
  comesLate,
  DECEMBER,
  EFFECTS,
  measure,
  NOVEMBER,
  NOVEMBER_DAYS,
  openMonth,
  rateRun,
  rowsOf,
  signOff,
  UNIT_PLAN,
} from './setting.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await openMonth(UNIT_PLAN);
  await db.owner.query('update adjustment_policies set automatic_up_to = 1000000');
});
afterEach(() => db.remove());

const cost = (period: BillingPeriod = NOVEMBER) =>
  asVisibility(db.database, { actor: 'service:console', why: 'test' }, (reader) =>
    costSoFar(reader, 'acme', period, new Date('2026-12-01T01:00:00Z')),
  );
const shown = async (period?: BillingPeriod) => {
  const known = await cost(period);
  if (known.kind === 'held') throw new Error(known.detail);
  const { kind, lines, adjustments, total } = known;
  const carried = adjustments.map((one) => [one.period, one.lines.map(({ amount }) => amount)]);
  return { kind, lines: lines.map(({ amount }) => amount), adjustments: carried, total };
};
const totalOf = async (invoice: string) =>
  (await rowsOf(db, `select total::text from invoices where invoice_id = '${invoice}'`))[0]?.total;

describe('the cost so far holds the corrections that the invoice will carry, and ends equal to it', () => {
  test.each([
    ['a charge: 20.00 + 30.00 = 50.00', '5', '8', ['3000'], '5000'],
    ['a credit: 20.00 − 10.00 = 10.00', '6', '5', ['-1000'], '1000'],
    ['a credit beyond it: 20.00 − 70.00, and 50.00 of it given back: 0.00', '9', '2', ['-7000', '5000'], '0'],
  ])('%s', async (_name, billed, right, carried, total) => {
    await billOctober(db, { 'acme-app': billed });
    await comesLate(db, { 'acme-app': right });
    await measure(db.database, NOVEMBER_DAYS, { 'acme-app': '2' });
    const expected = { lines: ['2000'], adjustments: [['2026-10', carried]], total };
    expect(await shown()).toEqual({ kind: 'so_far', ...expected });
    await rateRun(db, NOVEMBER);
    expect(await shown()).toEqual({ kind: 'so_far', ...expected });
    expect(await totalOf('2026-11/acme/usage')).toBe(total);
    await signOff(db, NOVEMBER);
    expect(await shown()).toEqual({ kind: 'invoiced', ...expected });
  });

  test('a correction that came after the rating is not on the invoice, and is shown with the next month', async () => {
    await billOctober(db, { 'acme-app': '5' });
    await measure(db.database, NOVEMBER_DAYS, { 'acme-app': '2' });
    await rateRun(db, NOVEMBER);
    await comesLate(db, { 'acme-app': '8' });
    expect(await shown()).toMatchObject({ adjustments: [], total: '2000' });
    expect(await shown(DECEMBER)).toMatchObject({ adjustments: [] });
    await signOff(db, NOVEMBER);
    expect(await shown()).toMatchObject({ kind: 'invoiced', adjustments: [], total: '2000' });
    expect(await shown(DECEMBER)).toMatchObject({ adjustments: [['2026-10', ['3000']]], total: '3000' });
  });

  test('daybook usage so-far prints each correction as a line, and counts it into the total', async () => {
    await billOctober(db, { 'acme-app': '5' });
    await comesLate(db, { 'acme-app': '8' });
    await measure(db.database, NOVEMBER_DAYS, { 'acme-app': '2' });
    const run = await daybook('usage so-far --customer acme --period 2026-11', {
      database: db.database,
      effects: EFFECTS,
    });
    expect(run.out).toMatch(/Correction of 2026-10: API requests +30\.00 USD/);
    expect(run.out).toContain('50.00 USD so far');
  });
});
