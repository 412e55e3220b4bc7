import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkPromises } from '../../shared/audit/promises.ts';
import { rerateHeld } from '../../shared/billing/rerate-held.ts';
import { activateContract, approveContract, draftContract } from '../../shared/catalogue/contracts.ts';
import { activatePlan, approvePlan, submitPlan } from '../../shared/catalogue/plan-versions.ts';
import { draftTermCorrection } from '../../shared/catalogue/term-corrections.ts';
import { correctTerms } from '../../shared/corrections/correct-terms.ts';
import type { TestDatabase } from '../database/fixture.ts';
import {
  adjustments,
  billedInTheEnd,
  billOctober,
  comesLate,
  compareChanges,
  EFFECTS,
  look,
  measure,
  measureAgain,
  NOVEMBER,
  NOVEMBER_DAYS,
  OCTOBER,
  OCTOBER_DAYS,
  openMonth,
  rateDecember,
  rateNovember,
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

const deps = () => ({ database: db.database, effects: EFFECTS });
/** The customer's contract from November on: another plan, in another currency. */
async function continueInEuro(): Promise<void> {
  const parameters = { price: { value: '10', unit: 'eur/request' } };
  const document = { ...UNIT_PLAN, plan: 'per-request-eur', currency: 'eur', parameters };
  const submitted = await submitPlan(deps(), { document, author: 'person:ana', why: 'test' });
  if (submitted.kind !== 'submitted') throw new Error(submitted.detail);
  const { planVersion, diagnostics } = submitted;
  const acknowledged = diagnostics.map(({ code }) => code);
  for (const approver of ['person:ben', 'person:fay'])
    await approvePlan(deps(), { planVersion, approver, acknowledged, why: 'test' });
  await activatePlan(deps(), { planVersion, actor: 'person:ana', from: '2026-11-01', why: 'test' });
  await continueOn(planVersion, '2026-11-01', acknowledged);
}

/** The customer's next contract. */
async function continueOn(planVersion: string, startsOn: string, acknowledged: string[] = []): Promise<void> {
  const contract = { contractId: 'acme-2', customerId: 'acme', mode: 'usage', usagePlanVersion: planVersion } as const;
  await draftContract(deps(), { ...contract, startsOn, author: 'person:ana' });
  await approveContract(deps(), { contractId: 'acme-2', approver: 'person:ben', acknowledged, why: 'test' });
  const active = await activateContract(deps(), { contractId: 'acme-2', actor: 'person:ana', why: 'test' });
  if (active.kind !== 'done') throw new Error(JSON.stringify(active));
}

const totals = async () => (await adjustments(db)).map(({ total, status }) => [total, status]);
const credits = () => rowsOf(db, 'select kind, invoice_id, amount::int, status from credits order by credit_id');
const openExceptions = () => rowsOf(db, `select class, subject, reason from exceptions where status = 'open'`);
const breaches = async () =>
  (await checkPromises(db.database, { settledBefore: new Date(0) })).flatMap((checked) => checked.breaches);
const endOn = (day: string) =>
  db.owner.query(`begin; set local daybook.actor = 'person:fay';
    update contracts set status = 'ended', ends_on = '${day}' where contract_id = 'acme-1'; commit`);

describe('promise 12: nothing waits for an invoice that never comes', () => {
  test('a credit that comes after the last invoice was rated, and before its sign-off, goes out as a credit note then', async () => {
    await endOn('2026-12-01');
    await billOctober(db, { 'acme-app': '9' });
    await rateNovember(db, { 'acme-app': '9' });
    await comesLate(db, { 'acme-app': '6' });
    expect(await totals()).toEqual([[-3_000, 'approved']]);
    await signOff(db, NOVEMBER);
    await compareChanges(db);
    expect(await totals()).toEqual([[-3_000, 'placed']]);
    expect(await credits()).toMatchObject([{ kind: 'credit_note', invoice_id: '2026-10/acme/usage', amount: 3_000 }]);
    expect(await billedInTheEnd(db)).toBe(6_000);
    expect(await breaches()).toEqual([]);
  });

  test('what is owed then is put before a person, and the exception ends when an invoice carries it after all', async () => {
    await endOn('2026-12-01');
    await billOctober(db, { 'acme-app': '5' });
    await rateNovember(db, { 'acme-app': '9' });
    await comesLate(db, { 'acme-app': '8' });
    await signOff(db, NOVEMBER);
    await compareChanges(db);
    expect(await openExceptions()).toEqual([
      { class: 'adjustment_undecided', subject: '2026-10/acme/adjustment/1', reason: 'no_next_invoice' },
    ]);
    const plan = String((await rowsOf(db, 'select plan_version from plan_versions'))[0]?.plan_version);
    await continueOn(plan, '2026-12-01');
    await rateDecember(db, { 'acme-app': '1' });
    expect(await totals()).toEqual([[3_000, 'placed']]);
    expect(await openExceptions()).toEqual([]);
    expect(await billedInTheEnd(db)).toBe(8_000);
  });

  test('a credit in another currency than the invoices that come goes out at once, and is on none of them', async () => {
    await billOctober(db, { 'acme-app': '9' });
    await endOn('2026-11-01');
    await continueInEuro();
    await comesLate(db, { 'acme-app': '6' });
    expect(await totals()).toEqual([[-3_000, 'placed']]);
    expect(await credits()).toMatchObject([{ kind: 'credit_note', amount: 3_000 }]);
  });
});

describe('promise 12: a correction is computed on what stands', () => {
  test('promise 9: one that comes while the next invoice is rated waits for it, or takes its place before', async () => {
    await billOctober(db, { 'acme-app': '5' });
    await comesLate(db, { 'acme-app': '8' });
    await measure(db.database, NOVEMBER_DAYS, { 'acme-app': '1' });
    await look(db.database, NOVEMBER);
    await measureAgain(db.database, { 'acme-app': '9' });
    await look(db.database);
    const settled = await Promise.allSettled([rateRun(db, NOVEMBER), compareChanges(db), compareChanges(db)]);
    expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'fulfilled']);
    await signOff(db, NOVEMBER);
    const shown = await adjustments(db);
    const open = shown.filter(({ status }) => status === 'approved').reduce((sum, { total }) => sum + total, 0);
    expect((await billedInTheEnd(db)) + open).toBe(9_000);
    expect(await breaches()).toEqual([]);
  });

  test('one before it that was given back counts no more: 50.00 + 30.00 − 20.00, without the 30.00 is +30.00 again', async () => {
    await billOctober(db, { 'acme-app': '5' });
    await comesLate(db, { 'acme-app': '8' });
    await rateNovember(db, { 'acme-app': '1' });
    await db.owner.query(`update adjustment_policies set credits_by = 'credit_note'`);
    await comesLate(db, { 'acme-app': '6' });
    expect(await totals()).toEqual([
      [3_000, 'placed'],
      [-2_000, 'placed'],
    ]);
    // November is not signed off: other usage takes its invoice back, and with it what it carried.
    await measureAgain(db.database, { 'acme-app': '2' }, '2026-11-01');
    await look(db.database, NOVEMBER);
    expect(await totals()).toEqual([
      [3_000, 'approved'],
      [-2_000, 'placed'],
    ]);
    // The same figure again, by other rows: 30.00 stand, and 60.00 are right.
    await measureAgain(db.database, { 'acme-app': '0' });
    await comesLate(db, { 'acme-app': '6' }, '2026-10-02');
    const last = (await adjustments(db)).at(-1);
    expect(last).toMatchObject({ billed: 3_000, corrected: 6_000, total: 3_000, lines: [3_000], status: 'approved' });
    await rateRun(db, NOVEMBER);
    await signOff(db, NOVEMBER);
    expect(await billedInTheEnd(db)).toBe(6_000);
    expect(await breaches()).toEqual([]);
  });

  test('a customer that is rated only after the sign-off is compared with the usage that came in between', async () => {
    await measure(db.database, OCTOBER_DAYS, { 'acme-app': '5' });
    await db.owner.query('set session_replication_role = replica');
    await db.owner.query(`update contracts set overrides = '{"parameters":{"nonsense":"1"}}'`);
    await db.owner.query('set session_replication_role = origin');
    await rateRun(db, OCTOBER);
    await signOff(db, OCTOBER);
    await comesLate(db, { 'acme-app': '8' });
    const terms = { contractId: 'acme-1', period: '2026-10', why: 'the offer has no such parameter' };
    await draftTermCorrection(deps(), { ...terms, overrides: {}, author: 'person:ana' });
    await correctTerms(deps(), { ...terms, approver: 'person:ben' }, 'approved');
    await compareChanges(db);
    expect(await adjustments(db)).toEqual([]);
    const outcome = await rerateHeld(deps(), OCTOBER, {
      actor: 'person:ana',
      why: 'the plan was mended',
    });
    expect(outcome).toMatchObject({ kind: 'rerated', invoices: 1 });
    await compareChanges(db);
    expect(await adjustments(db)).toMatchObject([{ billed: 5_000, corrected: 8_000, total: 3_000 }]);
    expect(await billedInTheEnd(db)).toBe(5_000);
  });
});
