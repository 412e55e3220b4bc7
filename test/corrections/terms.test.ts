import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { draftTermCorrection } from '../../shared/catalogue/term-corrections.ts';
import { correctTerms } from '../../shared/corrections/correct-terms.ts';
import { decideAdjustment } from '../../shared/corrections/decide.ts';
import { approveWaiver, proposeWaiver } from '../../shared/usage/waivers.ts';
import type { TestDatabase } from '../database/fixture.ts';
import {
  adjustments,
  billedInTheEnd,
  billOctober,
  comesLate,
  compareChanges,
  EFFECTS,
  look,
  measureAgain,
  NOVEMBER,
  OCTOBER,
  OCTOBER_DAYS,
  openMonth,
  rateNovember,
  rateRun,
  rowsOf,
  signOff,
  UNIT_PLAN,
} from './setting.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await openMonth(UNIT_PLAN);
});
afterEach(() => db.remove());

const deps = () => ({ database: db.database, effects: EFFECTS });
const draft = (price: string, author = 'person:ana') =>
  draftTermCorrection(deps(), {
    contractId: 'acme-1',
    period: '2026-10',
    overrides: { parameters: { price } },
    author,
    why: 'the offer said so',
  });
const decideTerms = (approver = 'person:ben', decision: 'approved' | 'rejected' = 'approved') =>
  correctTerms(deps(), { contractId: 'acme-1', period: '2026-10', approver, why: 'the offer is attached' }, decision);
const decide = (adjustmentId: string, approver: string, decision: 'approved' | 'rejected' = 'approved') =>
  decideAdjustment(deps(), { adjustmentId, decision, approver, why: 'compared with the offer' });
const grant = (principal: string, roles: string) =>
  db.owner.query(`update principals set roles = '{${roles}}' where principal = $1`, [principal]);

describe('promise 12: a wrong contract parameter, corrected after the issue', () => {
  test('billed 5 at 10 = 50.00, right is 5 at 8 = 40.00, so −10.00; the contract stays as it was billed', async () => {
    await billOctober(db, { 'acme-app': '5' });
    expect(await draft('8')).toMatchObject({ kind: 'drafted', number: 1, diagnostics: [] });
    expect(await decideTerms()).toEqual({ kind: 'approved', number: 1, rerating: 'late' });
    await compareChanges(db);
    expect(await adjustments(db)).toMatchObject([{ total: -1_000, lines: [-1_000], status: 'approved' }]);
    expect(await rowsOf(db, 'select overrides from contracts')).toEqual([{ overrides: '{}' }]);
    expect(await rowsOf(db, 'select cause, author from reratings')).toEqual([
      { cause: 'corrected_terms', author: 'person:ana' },
    ]);
  });

  test('late usage afterwards is rated on the corrected terms: 8 at 8 = 64.00 of 50.00 billed', async () => {
    await billOctober(db, { 'acme-app': '5' });
    await draft('8');
    await decideTerms();
    await compareChanges(db);
    await comesLate(db, { 'acme-app': '8' });
    expect((await adjustments(db)).at(-1)).toMatchObject({ billed: 5_000, corrected: 6_400, status: 'approved' });
  });

  test('corrected again, the later terms take the place of the earlier ones: −10.00 is placed, then −10.00 more', async () => {
    await billOctober(db, { 'acme-app': '5' });
    await draft('8');
    await decideTerms();
    await compareChanges(db);
    await rateNovember(db, { 'acme-app': '9' });
    await signOff(db, NOVEMBER);
    await draft('6');
    expect(await decideTerms()).toMatchObject({ kind: 'approved', number: 2 });
    await compareChanges(db);
    expect(await adjustments(db)).toMatchObject([
      { total: -1_000, status: 'placed' },
      { billed: 4_000, corrected: 3_000, total: -1_000 },
    ]);
    expect(await rowsOf(db, 'select number, status from term_corrections order by number')).toEqual([
      { number: 1, status: 'superseded' },
      { number: 2, status: 'approved' },
    ]);
  });

  test('of a period that is still open is refused: the contract itself can change', async () => {
    expect(await draft('8')).toMatchObject({ kind: 'refused', reason: 'day_is_closed_or_not_ready' });
  });

  test('promise 23: the author cannot approve the terms, and rejected ones change nothing', async () => {
    await billOctober(db, { 'acme-app': '5' });
    await grant('person:ana', 'author,approver');
    await draft('8');
    expect(await decideTerms('person:ana')).toMatchObject({
      kind: 'refused',
      reason: 'self_approval_or_missing_approval',
    });
    expect(await decideTerms('person:ben', 'rejected')).toMatchObject({ kind: 'rejected' });
    expect(await look(db.database)).toBe('unchanged');
  });

  test('terms whose plan would be wrong are not approved', async () => {
    await billOctober(db, { 'acme-app': '5' });
    expect(await draft('-8')).toMatchObject({ kind: 'drafted' });
    expect(await decideTerms()).toMatchObject({ kind: 'refused', reason: 'errors' });
  });
});

describe('promise 12: a waived day that arrived', () => {
  const waive = async (region: string, day: string) => {
    const cell = { region, source: 'requests', day: utcDay(day) };
    const why = 'the source was down';
    expect(await proposeWaiver(deps(), { cell, author: 'person:ana', why })).toMatchObject({ kind: 'done' });
    await db.database.transaction({ actor: 'person:ben', why }, (transaction) =>
      approveWaiver(transaction, EFFECTS, cell),
    );
  };

  test('billed without the third day, whose 4 requests come after the issue: +40.00', async () => {
    const missing = OCTOBER_DAYS.at(-1) ?? '';
    for (const day of OCTOBER_DAYS.slice(0, 2)) await measureAgain(db.database, { 'acme-app': '1' }, day);
    for (const region of ['eu-west', 'us-east'])
      for (const day of OCTOBER_DAYS) if (region === 'eu-west' || day === missing) await waive(region, day);
    await rateRun(db, OCTOBER);
    await signOff(db, OCTOBER);
    expect(await billedInTheEnd(db)).toBe(2_000);
    await comesLate(db, { 'acme-app': '4' }, missing);
    expect(await adjustments(db)).toMatchObject([{ billed: 2_000, corrected: 6_000, total: 4_000 }]);
  });
});

describe('promise 23: over the limit another person decides', () => {
  const proposed = async () => {
    await billOctober(db, { 'acme-app': '50' });
    await draft('2');
    await decideTerms();
    await compareChanges(db);
    return '2026-10/acme/adjustment/1';
  };

  test('−400.00 is over 100.00: it waits, with an exception and a fact that is told', async () => {
    const id = await proposed();
    expect(await adjustments(db)).toMatchObject([{ id, total: -40_000, status: 'proposed' }]);
    expect(await rowsOf(db, 'select class, subject, reason from exceptions')).toEqual([
      { class: 'adjustment_undecided', subject: id, reason: 'over_the_limit' },
    ]);
    expect(
      await rowsOf(
        db,
        `select body::jsonb #>> '{data,total}' as total from outbox where topic = 'adjustment.proposed'`,
      ),
    ).toEqual([{ total: '-40000' }]);
    await rateNovember(db, { 'acme-app': '1' });
    expect(await rowsOf(db, `select 1 from charges where purpose = 'adjustment'`)).toEqual([]);
  });

  test('who wrote the terms cannot decide, by any account; another person can', async () => {
    const id = await proposed();
    await grant('person:ana', 'author,approver');
    for (const approver of ['person:ana', 'service:ana-bot'])
      expect(await decide(id, approver)).toMatchObject({
        kind: 'refused',
        reason: 'self_approval_or_missing_approval',
      });
    expect(await decide(id, 'person:fay')).toMatchObject({ kind: 'decided' });
    expect(await decide(id, 'person:fay')).toMatchObject({ kind: 'refused', reason: 'state' });
    expect(await rowsOf(db, `select status from exceptions`)).toEqual([{ status: 'resolved' }]);
  });

  test('the policy’s limit is on all that stands of a period: −50.00 and −100.00 in its turn pass, −110.00 does not', async () => {
    await billOctober(db, { 'acme-app': '50' });
    for (const usage of ['45', '40', '39']) await comesLate(db, { 'acme-app': usage });
    // Superseded ones do not count: only the last stands.
    expect((await adjustments(db)).map(({ status }) => status)).toEqual(['superseded', 'superseded', 'proposed']);
  });

  test('the database refuses an automatic approval over the limit, whoever writes it', async () => {
    const id = await proposed();
    const update = db.owner.query(
      `update adjustments set status = 'approved', decided_at = now() where adjustment_id = $1`,
      [id],
    );
    await expect(update).rejects.toMatchObject({ code: 'DB003' });
  });

  test('a currency without a policy always waits for a person', async () => {
    await db.owner.query('delete from adjustment_policies');
    await billOctober(db, { 'acme-app': '5' });
    await comesLate(db, { 'acme-app': '6' });
    expect(await adjustments(db)).toMatchObject([{ total: 1_000, status: 'proposed' }]);
  });

  test('a rejected one leaves the invoice, and the same figures are not proposed again', async () => {
    const id = await proposed();
    expect(await decide(id, 'person:fay', 'rejected')).toMatchObject({ kind: 'decided' });
    // A rerun moves nothing of acme, and another customer’s terms neither.
    await measureAgain(db.database, { 'acme-app': '50', stray: '1' });
    await look(db.database);
    await compareChanges(db);
    expect((await adjustments(db)).map(({ status }) => status)).toEqual(['rejected']);
    expect(await billedInTheEnd(db)).toBe(50_000);
  });
});

describe('promise 12 is held by the database', () => {
  test('an adjustment that starts from another figure than was billed is refused', async () => {
    await billOctober(db, { 'acme-app': '5' });
    await comesLate(db, { 'acme-app': '8' });
    const forged = db.owner.query(
      `insert into adjustments (adjustment_id, customer_id, period, run_id, rerating, inputs_digest, currency, billed, corrected, total, document, document_digest, status, author, proposed_at)
       select 'forged', customer_id, period, run_id, rerating, 'other', currency, 4000, 7000, 3000, document, document_digest, 'proposed', author, now() from adjustments`,
    );
    await expect(forged).rejects.toMatchObject({ code: 'DB004' });
  });

  test('one that is said to stand and stands nowhere is refused at the commit', async () => {
    await billOctober(db, { 'acme-app': '5' });
    await comesLate(db, { 'acme-app': '8' });
    await expect(db.owner.query(`update adjustments set status = 'placed'`)).rejects.toMatchObject({ code: 'DB004' });
  });

  test('its amounts never change', async () => {
    await billOctober(db, { 'acme-app': '5' });
    await comesLate(db, { 'acme-app': '8' });
    await expect(db.owner.query(`update adjustments set corrected = 9000, total = 4000`)).rejects.toMatchObject({
      code: 'DB002',
    });
  });
});
