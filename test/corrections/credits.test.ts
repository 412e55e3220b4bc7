import { afterEach, describe, expect, test } from 'vitest';
import { carryAdjustments, type DueAdjustment } from '../../shared/billing/adjustment.ts';
import { creditShares } from '../../shared/billing/carry-adjustments.ts';
import { explainInvoice } from '../../shared/billing/explain.ts';
import { minorUnits } from '../../shared/exact/currency.ts';
import type { TestDatabase } from '../database/fixture.ts';
import {
  adjustments,
  billedInTheEnd,
  billOctober,
  comesLate,
  NOVEMBER,
  openMonth,
  rateNovember,
  rowsOf,
  signOff,
  UNIT_PLAN,
} from './setting.ts';
import { givenBack, type Issuing, issueAll, issueCredits, openStripe } from './stripe.ts';

const due = (id: string, total: bigint): DueAdjustment => ({
  adjustmentId: id,
  period: '2026-10',
  currency: 'usd',
  total: minorUnits(total),
  corrects: [],
  lines: [],
});
const carried = (own: bigint, ...totals: bigint[]) => {
  const result = carryAdjustments(
    minorUnits(own),
    totals.map((total, index) => due(`${index + 1}`, total)),
  );
  return {
    subtotal: result.subtotal,
    credited: result.carried.map(({ adjustmentId, credited }) => [adjustmentId, credited]),
  };
};

describe('an invoice that carries adjustments', () => {
  test.each([
    ['20 + 30 = 50, nothing credited', 20n, [30n], 50n, [['1', 0n]]],
    ['50 − 20 = 30, nothing credited', 50n, [-20n], 30n, [['1', 0n]]],
    ['20 − 70 = 0, and 50 credited', 20n, [-70n], 0n, [['1', 50n]]],
    ['20 − 20 = 0, nothing credited', 20n, [-20n], 0n, [['1', 0n]]],
    ['0 − 70 = 0, and all 70 credited', 0n, [-70n], 0n, [['1', 70n]]],
    [
      'charges first: 20 − 70 + 60 = 10',
      20n,
      [-70n, 60n],
      10n,
      [
        ['2', 0n],
        ['1', 0n],
      ],
    ],
    [
      'two credits: 50 − 40 − 30 = 0, and 20 of the second credited',
      50n,
      [-40n, -30n],
      0n,
      [
        ['1', 0n],
        ['2', 20n],
      ],
    ],
    ['an own total below zero is not made worse: −10 stays, and all 30 credited', -10n, [-30n], -10n, [['1', 30n]]],
  ] as const)('%s', (_name, own, totals, subtotal, credited) => {
    expect(carried(own, ...totals)).toEqual({ subtotal, credited });
  });

  test.each([
    ['within the first invoice', 30n, [40n, 40n], [['a', 30n]]],
    [
      'over the first into the second',
      70n,
      [40n, 40n],
      [
        ['a', 40n],
        ['b', 30n],
      ],
    ],
    [
      'beyond both: 10 on the balance',
      90n,
      [40n, 40n],
      [
        ['a', 40n],
        ['b', 40n],
        [null, 10n],
      ],
    ],
    ['an invoice with nothing left is passed over', 10n, [0n, 40n], [['b', 10n]]],
    ['no invoice at all: all on the balance', 10n, [], [[null, 10n]]],
  ] as const)('credits are shared %s', (_name, amount, left, expected) => {
    const targets = left.map((each, index) => ({ invoiceId: 'ab'[index] ?? '', left: each }));
    expect(creditShares(minorUnits(amount), targets).map(({ invoiceId, share }) => [invoiceId, share])).toEqual(
      expected,
    );
  });
});

describe('promise 12: what is given back in Stripe', () => {
  let db: TestDatabase;
  let issuing: Issuing;
  afterEach(async () => {
    await issuing.stripe.close();
    await db.remove();
  });
  const issued = async (usage: string) => {
    db = await openMonth(UNIT_PLAN);
    issuing = await openStripe(db);
    await billOctober(db, { 'acme-app': usage });
    await issueAll(db, issuing, '2026-10');
  };
  const endContract = () =>
    db.owner.query(`begin; set local daybook.actor = 'person:fay';
    update contracts set status = 'ended', ends_on = '2026-11-01' where contract_id = 'acme-1'; commit`);

  test('a total that would be negative: 2 × 10 − 70 is an invoice of 0 and a credit note of 50.00', async () => {
    await issued('9');
    await comesLate(db, { 'acme-app': '2' });
    await rateNovember(db, { 'acme-app': '2' });
    expect(
      await rowsOf(
        db,
        `select amount::int, label from charges where invoice_id = '2026-11/acme/usage' order by position`,
      ),
    ).toEqual([
      { amount: 2_000, label: 'API requests' },
      { amount: -7_000, label: 'Correction of 2026-10: API requests' },
      { amount: 5_000, label: 'Correction of 2026-10: given back as a credit' },
    ]);
    // Nothing goes to Stripe before the invoice that carries it is final.
    expect(await issueCredits(db, issuing)).toEqual([]);
    await signOff(db, NOVEMBER);
    await issueAll(db, issuing, '2026-11');
    expect(await adjustments(db)).toMatchObject([{ status: 'placed' }]);
    expect(await issueCredits(db, issuing)).toMatchObject([{ kind: 'issued' }]);
    expect(await givenBack(issuing.client, issuing.stripe)).toEqual({ notes: [5_000], balance: [] });
    expect(
      issuing.stripe
        .invoices()
        .map(({ total }) => total)
        .sort(),
    ).toEqual([0, 9_000]);
    expect(await adjustments(db)).toMatchObject([{ status: 'applied', billed: 9_000, corrected: 2_000 }]);
    expect(await billedInTheEnd(db)).toBe(2_000);
    expect(await rowsOf(db, 'select kind, invoice_id, carrier_invoice_id, amount::int, status from credits')).toEqual([
      {
        kind: 'credit_note',
        invoice_id: '2026-10/acme/usage',
        carrier_invoice_id: '2026-11/acme/usage',
        amount: 5_000,
        status: 'issued',
      },
    ]);
  });

  test('promise 13: an invoice that carries adjustments replays to the same bytes', async () => {
    await issued('9');
    await comesLate(db, { 'acme-app': '2' });
    await rateNovember(db, { 'acme-app': '2' });
    const outcome = await explainInvoice(db.database, '2026-11/acme/usage');
    expect(outcome).toMatchObject({ kind: 'explained', explanation: { documentMatches: true, matches: true } });
  });

  test('no next invoice, because the contract has ended: the credit note goes out at once', async () => {
    await issued('9');
    await endContract();
    await comesLate(db, { 'acme-app': '6' });
    expect(await issueCredits(db, issuing)).toMatchObject([{ kind: 'issued' }]);
    expect(await givenBack(issuing.client, issuing.stripe)).toEqual({ notes: [3_000], balance: [] });
    expect(await adjustments(db)).toMatchObject([{ status: 'applied', total: -3_000 }]);
    expect(await issueCredits(db, issuing)).toEqual([{ kind: 'already_issued' }]);
  });

  test('what a customer owes without a next invoice waits for a person, with the reason', async () => {
    await issued('5');
    await endContract();
    await comesLate(db, { 'acme-app': '8' });
    expect(await rowsOf(db, 'select class, subject, reason from exceptions')).toEqual([
      { class: 'adjustment_undecided', subject: '2026-10/acme/adjustment/1', reason: 'no_next_invoice' },
    ]);
  });

  test('a policy that gives credits back at once does, though another invoice comes', async () => {
    await issued('9');
    await db.owner.query(`update adjustment_policies set credits_by = 'credit_note' where currency = 'usd'`);
    await comesLate(db, { 'acme-app': '8' });
    expect(await issueCredits(db, issuing)).toMatchObject([{ kind: 'issued' }]);
    await rateNovember(db, { 'acme-app': '1' });
    expect(await rowsOf(db, `select amount::int from charges where invoice_id = '2026-11/acme/usage'`)).toEqual([
      { amount: 1_000 },
    ]);
  });

  test('credits beyond the invoice go to what carried the charge: 50 + 40 on the next, then −90 is notes of 50 and 40', async () => {
    await issued('5');
    await comesLate(db, { 'acme-app': '9' });
    await rateNovember(db, { 'acme-app': '0' });
    await signOff(db, NOVEMBER);
    await issueAll(db, issuing, '2026-11');
    await db.owner.query(`update adjustment_policies set credits_by = 'credit_note', automatic_up_to = 100000`);
    await comesLate(db, { 'acme-app': '0' });
    await issueCredits(db, issuing);
    expect(await givenBack(issuing.client, issuing.stripe)).toEqual({ notes: [4_000, 5_000], balance: [] });
    expect(await billedInTheEnd(db)).toBe(0);
  });

  test('what no invoice can bear goes to the customer’s balance: an uncollectible one bears nothing', async () => {
    await issued('5');
    await db.owner.query(`update adjustment_policies set credits_by = 'credit_note'`);
    await db.owner.query(`update invoices set status = 'uncollectible'`);
    await comesLate(db, { 'acme-app': '3' });
    expect(await issueCredits(db, issuing)).toMatchObject([{ kind: 'issued' }]);
    expect(await givenBack(issuing.client, issuing.stripe)).toEqual({ notes: [], balance: [-2_000] });
    expect(await adjustments(db)).toMatchObject([{ status: 'applied', total: -2_000 }]);
  });

  test('the database itself refuses a credit note above what is left of its invoice', async () => {
    await issued('5');
    await db.owner.query(`update adjustment_policies set credits_by = 'credit_note'`);
    await comesLate(db, { 'acme-app': '3' });
    const more = db.owner.query(
      `insert into credits (credit_id, adjustment_id, kind, customer_id, invoice_id, currency, amount, status, planned_at)
       values ('more', '2026-10/acme/adjustment/1', 'credit_note', 'acme', '2026-10/acme/usage', 'usd', 3001, 'planned', now())`,
    );
    await expect(more).rejects.toMatchObject({ code: 'DB004' });
  });

  test('a note that a person voided in Stripe before its answer came is no credit: it waits for a person, and is made once', async () => {
    await issued('9');
    await endContract();
    await comesLate(db, { 'acme-app': '6' });
    issuing.stripe.faults.add({ path: '/v1/credit_notes', call: 2, fault: { kind: 'drop_reply' } });
    expect(await issueCredits(db, issuing)).toMatchObject([{ kind: 'failed' }]);
    const [made] = issuing.stripe.creditNotes();
    await fetch(`${issuing.stripe.url}/v1/credit_notes/${made?.id}/void`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_daybook' },
    });
    expect(await issueCredits(db, issuing)).toMatchObject([{ kind: 'failed', reason: 'voided_in_stripe' }]);
    expect(issuing.stripe.creditNotes().map(({ status }) => status)).toEqual(['void']);
    expect(await rowsOf(db, 'select class, reason from exceptions')).toMatchObject([{ class: 'credit_failed' }]);
    expect(await adjustments(db)).toMatchObject([{ status: 'placed' }]);
  });

  test('an invoice that is paid: the note gives the amount to the balance', async () => {
    await issued('9');
    issuing.stripe.pay(String(issuing.stripe.invoices()[0]?.id));
    await endContract();
    await comesLate(db, { 'acme-app': '6' });
    expect(await issueCredits(db, issuing)).toMatchObject([{ kind: 'issued' }]);
    expect(await givenBack(issuing.client, issuing.stripe)).toEqual({ notes: [3_000], balance: [] });
    const [kept] = await rowsOf(db, 'select body from credits');
    expect(kept?.body).toContain('credit_amount=3000');
  });
});
