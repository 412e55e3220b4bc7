import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { create } from '../../functions/receive-stripe-events/handler.ts';
import { checkPromises } from '../../shared/audit/promises.ts';
import { carryOutVoid } from '../../shared/billing/carry-out-void.ts';
import { approveVoid, askVoid } from '../../shared/billing/void-invoice.ts';
import { decideAdjustment } from '../../shared/corrections/decide.ts';
import { request, testWorld } from '../console/world.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { signWebhook } from '../local-cloud/stripe/webhooks.ts';
import {
  adjustments,
  billedInTheEnd,
  billOctober,
  comesLate,
  compareChanges,
  DECEMBER,
  EFFECTS,
  NOVEMBER,
  openMonth,
  rateDecember,
  rateNovember,
  rowsOf,
  signOff,
  UNIT_PLAN,
} from './setting.ts';
import { givenBack, type Issuing, issueAll, issueCredits, openStripe } from './stripe.ts';

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

const OCTOBER_INVOICE = '2026-10/acme/usage';
const NOVEMBER_INVOICE = '2026-11/acme/usage';
const dependencies = () => ({ database: db.database, effects: EFFECTS, stripe: async () => issuing.client });

/** October with 5 requests, billed and issued: 50.00. */
async function issued(usage = '5'): Promise<void> {
  await billOctober(db, { 'acme-app': usage });
  await issueAll(db, issuing, '2026-10');
}

/** Two people void an invoice; what follows from it is compared. */
async function voidInvoice(invoiceId: string): Promise<void> {
  await askVoid(dependencies(), { invoiceId, actor: 'person:ben', why: 'the wrong customer' });
  await approveVoid(dependencies(), { invoiceId, actor: 'person:fay', why: 'seen' });
  expect(await carryOutVoid(dependencies(), invoiceId, 'person:fay')).toEqual({ kind: 'voided' });
  await compareChanges(db);
}

const SECRET = 'whsec_test';

/** Voids an invoice in Stripe alone, and delivers the webhook that says so. */
async function voidInStripe(stripeInvoiceId: string) {
  const { url } = issuing.stripe;
  const headers = { authorization: 'Bearer sk_test_daybook', 'idempotency-key': 'by-hand' };
  const voided = await fetch(`${url}/v1/invoices/${stripeInvoiceId}/void`, { method: 'POST', headers });
  if (!voided.ok) throw new Error(await voided.text());
  const configuration = { STRIPE_API_KEY: 'sk_test_daybook', STRIPE_API_BASE: url, STRIPE_WEBHOOK_SECRETS: SECRET };
  const handler = create(testWorld(db, configuration, EFFECTS).world);
  const at = EFFECTS.now().getTime() / 1_000;
  const data = { object: { id: stripeInvoiceId } };
  const body = JSON.stringify({
    id: 'evt_1',
    object: 'event',
    type: 'invoice.voided',
    created: at,
    livemode: false,
    data,
  });
  const signed = { 'stripe-signature': signWebhook(body, SECRET, at) };
  return handler(request('POST', '/', { rawBody: Buffer.from(body), headers: signed }));
}

const policy = (creditsBy: string, limit = 1_000_000) =>
  db.owner.query(`update adjustment_policies set credits_by = $1, automatic_up_to = $2`, [creditsBy, limit]);
const totals = async () => (await adjustments(db)).map(({ total, status }) => [total, status]);
const credits = () =>
  rowsOf(db, 'select kind, invoice_id, amount::int, status, lapsed from credits order by credit_id');
const openExceptions = () => rowsOf(db, `select class, subject, reason from exceptions where status = 'open'`);
const breaches = async () =>
  (await checkPromises(db.database, { settledBefore: new Date(0) })).flatMap((checked) => checked.breaches);
const amountsOf = (invoice: string) =>
  rowsOf(db, `select amount::int from charges where invoice_id = '${invoice}' order by position`);

describe('promise 12: a corrected invoice that is voided', () => {
  test('what the next invoice has charged for it is taken back: +30.00 on November, then −30.00', async () => {
    await policy('next_invoice');
    await issued();
    await comesLate(db, { 'acme-app': '8' });
    await rateNovember(db, { 'acme-app': '2' });
    await signOff(db, NOVEMBER);
    await issueAll(db, issuing, '2026-11');
    await voidInvoice(OCTOBER_INVOICE);
    expect(await adjustments(db)).toMatchObject([
      { total: 3_000, status: 'applied' },
      { billed: 3_000, corrected: 0, total: -3_000, status: 'approved', lines: [-3_000] },
    ]);
    await rateDecember(db, { 'acme-app': '9' });
    expect(await amountsOf('2026-12/acme/usage')).toEqual([{ amount: 9_000 }, { amount: -3_000 }]);
    expect(await billedInTheEnd(db)).toBe(0);
    expect(await breaches()).toEqual([]);
  });

  test('a void that somebody made in Stripe is followed the same way', async () => {
    await policy('next_invoice');
    await issued();
    await comesLate(db, { 'acme-app': '8' });
    await rateNovember(db, { 'acme-app': '2' });
    await signOff(db, NOVEMBER);
    const [invoice] = issuing.stripe.invoices();
    const told = await voidInStripe(String(invoice?.id));
    expect(told).toMatchObject({ status: 200, body: { kind: 'applied' } });
    await compareChanges(db);
    expect(await totals()).toEqual([
      [3_000, 'placed'],
      [-3_000, 'approved'],
    ]);
    expect((await rowsOf(db, 'select author from adjustments order by adjustment_id'))[1]).toEqual({
      author: 'service:receive-stripe-events',
    });
  });

  test('promise 23: over the limit another person decides on it than whoever asked for the void', async () => {
    await policy('next_invoice');
    await issued();
    await comesLate(db, { 'acme-app': '8' });
    await rateNovember(db, { 'acme-app': '9' });
    await signOff(db, NOVEMBER);
    await policy('next_invoice', 0);
    await voidInvoice(OCTOBER_INVOICE);
    const [, taken] = await adjustments(db);
    expect(taken).toMatchObject({ total: -3_000, status: 'proposed' });
    const decide = (approver: string) =>
      decideAdjustment(dependencies(), { adjustmentId: taken?.id ?? '', decision: 'approved', approver, why: 'seen' });
    expect(await decide('person:ben')).toMatchObject({ kind: 'refused' });
    expect(await decide('person:fay')).toMatchObject({ kind: 'decided' });
  });

  test('its credit note goes with it, and gives nothing back: no correction follows', async () => {
    await policy('credit_note');
    await issued();
    await comesLate(db, { 'acme-app': '3' });
    expect(await issueCredits(db, issuing)).toMatchObject([{ kind: 'issued' }]);
    await voidInvoice(OCTOBER_INVOICE);
    expect(await totals()).toEqual([[-2_000, 'applied']]);
    expect(await billedInTheEnd(db)).toBe(0);
    expect(await breaches()).toEqual([]);
  });

  test('a credit note that never came to Stripe is cancelled with it, and its exception ends', async () => {
    await policy('credit_note');
    await issued();
    await comesLate(db, { 'acme-app': '3' });
    issuing.stripe.faults.add({ call: 1, method: 'POST', path: '/v1/credit_notes', fault: { kind: 'drop_request' } });
    expect(await issueCredits(db, issuing)).toMatchObject([{ kind: 'failed' }]);
    expect(await openExceptions()).toMatchObject([{ class: 'credit_failed' }]);
    await voidInvoice(OCTOBER_INVOICE);
    expect(await credits()).toMatchObject([{ status: 'cancelled', lapsed: true }]);
    expect(await totals()).toEqual([[-2_000, 'applied']]);
    expect(await openExceptions()).toEqual([]);
    expect(await issueCredits(db, issuing)).toEqual([{ kind: 'not_due' }]);
    expect(await breaches()).toEqual([]);
  });

  test('what went to the balance because no invoice could bear it is charged again: −20.00, then +20.00', async () => {
    await policy('credit_note');
    await issued();
    await db.owner.query(`update invoices set status = 'uncollectible'`);
    await comesLate(db, { 'acme-app': '3' });
    expect(await issueCredits(db, issuing)).toMatchObject([{ kind: 'issued' }]);
    await voidInvoice(OCTOBER_INVOICE);
    expect(await totals()).toEqual([
      [-2_000, 'applied'],
      [2_000, 'approved'],
    ]);
    await rateNovember(db, { 'acme-app': '1' });
    expect(await amountsOf(NOVEMBER_INVOICE)).toEqual([{ amount: 1_000 }, { amount: 2_000 }]);
    expect(await billedInTheEnd(db)).toBe(0);
  });

  test.each([
    ['proposed', 0],
    ['approved', 1_000_000],
  ] as const)('what is %s and stands nowhere ends with it, and nobody is asked any more', async (status, limit) => {
    await policy('next_invoice', limit);
    await issued();
    await comesLate(db, { 'acme-app': '8' });
    expect(await totals()).toEqual([[3_000, status]]);
    await voidInvoice(OCTOBER_INVOICE);
    expect(await totals()).toEqual([[3_000, 'superseded']]);
    expect(await openExceptions()).toEqual([]);
    await rateNovember(db, { 'acme-app': '2' });
    expect(await amountsOf(NOVEMBER_INVOICE)).toEqual([{ amount: 2_000 }]);
    expect(await breaches()).toEqual([]);
  });

  test('late usage of it moves no money any more', async () => {
    await issued();
    await voidInvoice(OCTOBER_INVOICE);
    await comesLate(db, { 'acme-app': '8' });
    expect(await adjustments(db)).toEqual([]);
    expect(await breaches()).toEqual([]);
  });

  test('the invoice that carries the correction is voided: it is due again, and the next one carries it once', async () => {
    await policy('next_invoice');
    await issued();
    await comesLate(db, { 'acme-app': '8' });
    await rateNovember(db, { 'acme-app': '2' });
    await signOff(db, NOVEMBER);
    await issueAll(db, issuing, '2026-11');
    await voidInvoice(NOVEMBER_INVOICE);
    expect(await totals()).toEqual([[3_000, 'approved']]);
    await rateDecember(db, { 'acme-app': '1' });
    await signOff(db, DECEMBER);
    expect(await amountsOf('2026-12/acme/usage')).toEqual([{ amount: 1_000 }, { amount: 3_000 }]);
    expect(await billedInTheEnd(db)).toBe(8_000);
    expect(await breaches()).toEqual([]);
  });

  test('both are voided, the corrected one first: nothing is due, and nothing is billed', async () => {
    await policy('credit_note');
    await issued();
    await comesLate(db, { 'acme-app': '8' });
    await rateNovember(db, { 'acme-app': '2' });
    await signOff(db, NOVEMBER);
    await issueAll(db, issuing, '2026-11');
    await voidInvoice(OCTOBER_INVOICE);
    expect(await issueCredits(db, issuing)).toMatchObject([{ kind: 'issued' }]);
    expect(await givenBack(issuing.client, issuing.stripe)).toEqual({ notes: [3_000], balance: [] });
    await voidInvoice(NOVEMBER_INVOICE);
    expect(await totals()).toEqual([
      [3_000, 'superseded'],
      [-3_000, 'applied'],
    ]);
    await rateDecember(db, { 'acme-app': '1' });
    expect(await amountsOf('2026-12/acme/usage')).toEqual([{ amount: 1_000 }]);
    expect(await billedInTheEnd(db)).toBe(0);
    expect(await breaches()).toEqual([]);
  });

  test('no invoice comes after the voided one that carried a credit: it goes out as a credit note', async () => {
    await policy('next_invoice');
    await issued('9');
    await comesLate(db, { 'acme-app': '6' });
    await rateNovember(db, { 'acme-app': '9' });
    await signOff(db, NOVEMBER);
    await issueAll(db, issuing, '2026-11');
    await db.owner.query(`begin; set local daybook.actor = 'person:fay';
      update contracts set status = 'ended', ends_on = '2026-12-01' where contract_id = 'acme-1'; commit`);
    await voidInvoice(NOVEMBER_INVOICE);
    expect(await issueCredits(db, issuing)).toMatchObject([{ kind: 'issued' }]);
    expect(await givenBack(issuing.client, issuing.stripe)).toEqual({ notes: [3_000], balance: [] });
    expect(await totals()).toEqual([[-3_000, 'applied']]);
    expect(await billedInTheEnd(db)).toBe(6_000);
  });
});
