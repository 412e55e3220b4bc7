import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkPromises } from '../../shared/audit/promises.ts';
import { carryOutVoid } from '../../shared/billing/carry-out-void.ts';
import { closeRun } from '../../shared/billing/close-run.ts';
import { explainInvoice } from '../../shared/billing/explain.ts';
import { approveInvoice } from '../../shared/billing/invoice-decisions.ts';
import { issueInvoice } from '../../shared/billing/issue-invoice.ts';
import { reissueInvoice } from '../../shared/billing/reissue-invoice.ts';
import { replayInvoices } from '../../shared/billing/replay-period.ts';
import { approveVoid, askVoid } from '../../shared/billing/void-invoice.ts';
import { draftTermCorrection } from '../../shared/catalogue/term-corrections.ts';
import { correctTerms } from '../../shared/corrections/correct-terms.ts';
import {
  adjustments,
  billedInTheEnd,
  billOctober,
  comesLate,
  compareChanges,
  EFFECTS,
  NOVEMBER,
  OCTOBER,
  openMonth,
  rateNovember,
  rowsOf,
  signOff,
  UNIT_PLAN,
} from '../corrections/setting.ts';
import { type Issuing, issueAll, openStripe } from '../corrections/stripe.ts';
import type { TestDatabase } from '../database/fixture.ts';

const INVOICE = '2026-10/acme/usage';
const ANEW = '2026-10/acme/usage/2';

let db: TestDatabase;
let issuing: Issuing;
beforeEach(async () => {
  db = await openMonth(UNIT_PLAN);
  issuing = await openStripe(db);
});
afterEach(async () => {
  await issuing.stripe.close();
  await db.remove();
});

const dependencies = () => ({ database: db.database, effects: EFFECTS, stripe: async () => issuing.client });
const act = (actor: string, invoiceId = INVOICE) => ({ invoiceId, actor, why: 'the address was wrong' });

async function voidIt(invoiceId = INVOICE): Promise<void> {
  await askVoid(dependencies(), act('person:ben', invoiceId));
  await approveVoid(dependencies(), act('person:fay', invoiceId));
  expect(await carryOutVoid(dependencies(), invoiceId, 'person:fay')).toEqual({ kind: 'voided' });
}

/** October: five requests at 10 usd, issued and voided. */
async function voidedOctober(): Promise<void> {
  await billOctober(db, { 'acme-app': '5' });
  await issueAll(db, issuing, OCTOBER);
  await voidIt();
}

const reissue = (invoiceId = INVOICE, actor = 'person:ben') => reissueInvoice(dependencies(), act(actor, invoiceId));
const issue = (invoiceId: string) => issueInvoice(dependencies(), invoiceId, 'service:issue-invoices');
const close = (leave: readonly string[] = []) =>
  closeRun(dependencies(), { runId: OCTOBER, actor: 'person:fay', why: 'done', leave });
const invoices = () =>
  rowsOf(
    db,
    `select invoice_id as id, status, total::int, generation from invoices where period = '2026-10' order by generation`,
  );

async function expectReplayed(): Promise<void> {
  for await (const batch of replayInvoices(db.database, { kind: 'period', period: OCTOBER }))
    expect(batch.map(({ kind }) => kind)).toEqual(batch.map(() => 'identical'));
}

describe('a voided invoice', () => {
  test('leaves its run open: nobody is billed for it, until it is billed anew or left by name', async () => {
    await voidedOctober();
    expect(await close()).toMatchObject({
      kind: 'refused',
      open: [{ thing: INVOICE, state: 'void', why: expect.stringContaining(`daybook invoice reissue ${INVOICE}`) }],
    });
    await expect(
      db.owner.query(`update billing_runs set status = 'closed', closed_by = 'person:fay'`),
    ).rejects.toThrow();
    expect(await close([INVOICE])).toEqual({ kind: 'closed', leftOpen: [INVOICE] });
    expect(await reissue()).toMatchObject({ kind: 'refused', reason: 'run_closed' });
  });

  test('promises 4, 6 and 13: is billed anew as the next generation, reaches Stripe once, and both replay to the byte', async () => {
    await voidedOctober();
    expect(await reissue()).toEqual({
      kind: 'reissued',
      invoiceId: ANEW,
      status: 'rated',
      runId: OCTOBER,
      runStatus: 'issued',
    });
    expect(await approveInvoice(dependencies(), act('person:fay', ANEW))).toMatchObject({ kind: 'done' });
    expect(await issue(ANEW)).toMatchObject({ kind: 'issued' });
    expect(await invoices()).toEqual([
      { id: INVOICE, status: 'void', total: 5_000, generation: 0 },
      { id: ANEW, status: 'finalized', total: 5_000, generation: 1 },
    ]);
    expect(issuing.stripe.invoices().map(({ status, total }) => [status, total])).toEqual([
      ['void', 5_000],
      ['open', 5_000],
    ]);
    expect(await billedInTheEnd(db)).toBe(5_000);
    await expectReplayed();
    for (const invoice of [INVOICE, ANEW])
      expect(await explainInvoice(db.database, invoice)).toMatchObject({ explanation: { matches: true } });
    expect(await close()).toEqual({ kind: 'closed', leftOpen: [] });
    const settledBefore = new Date('2026-01-01T00:00:00Z');
    expect((await checkPromises(db.database, { settledBefore })).flatMap(({ breaches }) => breaches)).toEqual([]);
  });

  test('promise 4: is billed anew once, also by two at the same moment', async () => {
    await voidedOctober();
    const outcomes = await Promise.all([reissue(), reissue(INVOICE, 'person:fay')]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['refused', 'reissued']);
    expect(outcomes.find(({ kind }) => kind === 'refused')).toMatchObject({ reason: 'billed_already' });
    expect(await invoices()).toHaveLength(2);
  });

  test('can be voided and billed anew again: each time the next generation', async () => {
    await voidedOctober();
    await reissue();
    await approveInvoice(dependencies(), act('person:fay', ANEW));
    await issue(ANEW);
    await voidIt(ANEW);
    expect(await reissue(ANEW)).toMatchObject({ kind: 'reissued', invoiceId: '2026-10/acme/usage/3' });
    expect(await invoices()).toMatchObject([{ generation: 0 }, { generation: 1 }, { generation: 2, status: 'rated' }]);
    await expectReplayed();
  });

  test.each(['finalized', 'unknown'])('only a voided one is billed anew: not one that is %s', async (which) => {
    await billOctober(db, { 'acme-app': '5' });
    await issueAll(db, issuing, OCTOBER);
    const reason = which === 'unknown' ? 'not_found' : 'not_void';
    expect(await reissue(which === 'unknown' ? '2026-10/nobody/usage' : INVOICE)).toMatchObject({
      kind: 'refused',
      reason,
    });
  });
});

describe('promise 23: two people bill anew', () => {
  test('who asked for it cannot approve it, nor can the database be told otherwise', async () => {
    await voidedOctober();
    await reissue();
    expect(await approveInvoice(dependencies(), act('person:ben', ANEW))).toMatchObject({
      kind: 'refused',
      reason: expect.stringContaining('a second person must'),
    });
    await expect(
      db.owner.query(`update invoices set author = 'person:fay' where invoice_id = '${ANEW}'`),
    ).rejects.toMatchObject({ code: 'DB002' });
  });

  test('an author of plans has not the role', async () => {
    await voidedOctober();
    expect(await reissue(INVOICE, 'person:ana')).toMatchObject({ kind: 'refused' });
    expect(await invoices()).toHaveLength(1);
  });
});

describe('promise 12: what is billed anew is compared with what came later', () => {
  test('usage that came while nothing was billed: 50.00 from the pins, and +30.00 with the next invoice', async () => {
    await voidedOctober();
    await comesLate(db, { 'acme-app': '8' });
    expect(await adjustments(db)).toEqual([]);
    await reissue();
    await compareChanges(db);
    expect(await adjustments(db)).toMatchObject([{ billed: 5_000, corrected: 8_000, total: 3_000 }]);
  });

  test('an adjustment that stands on the next invoice stays right: nothing is charged twice', async () => {
    await billOctober(db, { 'acme-app': '5' });
    await issueAll(db, issuing, OCTOBER);
    await comesLate(db, { 'acme-app': '8' });
    await rateNovember(db, { 'acme-app': '1' });
    await signOff(db, NOVEMBER);
    await issueAll(db, issuing, NOVEMBER);
    expect(await billedInTheEnd(db)).toBe(8_000);
    await voidIt();
    await reissue();
    await compareChanges(db);
    expect(await adjustments(db)).toHaveLength(1);
    expect(await billedInTheEnd(db)).toBe(8_000);
  });

  test('terms that were corrected meanwhile price the new one, which replays with them', async () => {
    await voidedOctober();
    const terms = { contractId: 'acme-1', period: OCTOBER };
    const overrides = { parameters: { price: '7' } };
    await draftTermCorrection(dependencies(), { ...terms, overrides, author: 'person:ana', why: 'the offer said so' });
    const decision = { ...terms, approver: 'person:ben', why: 'the offer is attached' };
    expect(await correctTerms(dependencies(), decision, 'approved')).toMatchObject({ kind: 'approved' });
    await compareChanges(db);
    await reissue();
    await compareChanges(db);
    expect(await invoices()).toMatchObject([{ total: 5_000 }, { total: 3_500 }]);
    expect(await adjustments(db)).toEqual([]);
    await expectReplayed();
    expect(await explainInvoice(db.database, ANEW)).toMatchObject({ explanation: { matches: true } });
  });
});
