import { describe, expect, test } from 'vitest';
import { INVOICE, startIssueTest } from './issue-setting.ts';

/** Amounts of as many lines, each with a third digit of 0 when the currency has three. */
const amountsOf = (count: number, unit: bigint) =>
  Array.from({ length: count }, (_, index) => unit * BigInt(index + 1));
const sumOf = (amounts: readonly bigint[]) => amounts.reduce((sum, amount) => sum + amount, 0n);

const COUNTS = [
  { lines: 0, inStripe: 0 },
  { lines: 1, inStripe: 1 },
  { lines: 249, inStripe: 249 },
  { lines: 250, inStripe: 250 },
  // One line stands for all of the label.
  { lines: 251, inStripe: 1 },
  { lines: 500, inStripe: 1 },
];
const CURRENCIES = [
  { currency: 'usd', unit: 100n },
  { currency: 'jpy', unit: 100n },
  { currency: 'kwd', unit: 1_000n },
];

describe('promise 15: whatever the number of lines and the currency, Stripe bills our total', () => {
  test.each(CURRENCIES.flatMap((currency) => COUNTS.map((count) => ({ ...currency, ...count }))))(
    '$lines lines in $currency become $inStripe there, with the same sum',
    async ({ lines, inStripe, currency, unit }) => {
      const { keep, issue, stripe, row, runStatus } = await startIssueTest({ timeoutMs: 10_000 });
      const amounts = amountsOf(lines, unit);
      await keep({ currency, amounts });
      expect(await issue()).toMatchObject({ kind: 'issued' });
      const [copy] = stripe.invoices();
      expect(copy).toMatchObject({ currency, total: Number(sumOf(amounts)), status: lines === 0 ? 'paid' : 'open' });
      expect(stripe.linesOf(copy?.id ?? '')).toHaveLength(inStripe);
      expect((await row()).status).toBe(lines === 0 ? 'paid' : 'finalized');
      expect(await runStatus()).toBe('issued');
    },
  );

  test('lines that cancel out: nothing is due, and the invoice is paid in both', async () => {
    const { keep, issue, stripe, row } = await startIssueTest();
    await keep({ amounts: [500n, -500n] });
    expect(await issue()).toMatchObject({ kind: 'issued' });
    expect(stripe.invoices()).toMatchObject([{ total: 0, status: 'paid' }]);
    expect((await row()).status).toBe('paid');
  });
});

describe('an amount that Stripe cannot hold or charge', () => {
  test('promise 19: a third digit in kwd is held with the line, never rounded, and the run ends without it', async () => {
    const { keep, issue, stripe, row, exceptions, runStatus } = await startIssueTest();
    await keep({ currency: 'kwd', amounts: [1_230n, 1_234n] });
    expect(await issue()).toMatchObject({ kind: 'held', reason: 'not_representable' });
    expect(stripe.invoices()).toEqual([]);
    const { status, hold_reason: reason } = await row();
    expect(status).toBe('held');
    expect(reason).toMatch(
      /^not_representable: line requests:project-1: 1234 minor units of kwd: .* last digit is 0; a line whose formula/,
    );
    expect(await exceptions()).toEqual(['invoice_held: not_representable']);
    expect(await runStatus()).toBe('issued');
  });

  test('two third digits that add up are held too: each line is billed as it is', async () => {
    const { keep, issue } = await startIssueTest();
    await keep({ currency: 'kwd', amounts: [1_234n, 1_236n] });
    expect(await issue()).toMatchObject({ kind: 'held', reason: 'not_representable' });
  });

  test('a fifth of an ariary has no unit in Stripe: held', async () => {
    const { keep, issue } = await startIssueTest();
    await keep({ currency: 'mga', amounts: [101n] });
    expect(await issue()).toMatchObject({ kind: 'held', reason: 'not_representable' });
  });

  test('below the minimum charge: Stripe calls it paid, here it stays finalized, and finance is told', async () => {
    const { keep, issue, stripe, row, exceptions } = await startIssueTest();
    await keep({ amounts: [49n] });
    expect(await issue()).toMatchObject({ kind: 'issued' });
    expect(stripe.invoices()).toMatchObject([{ total: 49, status: 'paid', amount_paid: 0 }]);
    expect(stripe.customers()).toMatchObject([{ balance: 49 }]);
    expect((await row()).status).toBe('finalized');
    expect(await exceptions()).toEqual(['issued_otherwise: amount_on_balance']);
  });

  test('at the minimum charge it is an open invoice like any other', async () => {
    const { keep, issue, stripe, exceptions } = await startIssueTest();
    await keep({ amounts: [50n] });
    await issue();
    expect(stripe.invoices()).toMatchObject([{ total: 50, status: 'open' }]);
    expect(await exceptions()).toEqual([]);
  });

  test('a negative total and one above the most that Stripe charges are held', async () => {
    const negative = await startIssueTest();
    await negative.keep({ amounts: [-100n] });
    expect(await negative.issue()).toMatchObject({ kind: 'held', reason: 'negative_total' });
    const large = await startIssueTest({ collection: 'charge_automatically' });
    await large.keep({ amounts: [100_000_000n] });
    expect(await large.issue()).toMatchObject({ kind: 'held', reason: 'above_maximum_charge' });
  });
});

describe('the terms of the contract', () => {
  test('days until due and mailing, or a charge by Stripe itself', async () => {
    const mailed = await startIssueTest();
    await mailed.keep();
    await mailed.issue();
    expect(mailed.stripe.invoices()).toMatchObject([{ collection_method: 'send_invoice', days_until_due: 30 }]);
    const charged = await startIssueTest({ collection: 'charge_automatically' });
    await charged.keep();
    await charged.issue();
    expect(charged.stripe.invoices()).toMatchObject([
      { collection_method: 'charge_automatically', days_until_due: null },
    ]);
  });

  test('promise 15: Stripe Tax adds its tax on top, and the comparison is before it', async () => {
    const { keep, issue, stripe, row } = await startIssueTest({ tax: 'stripe_tax' });
    await keep({ amounts: [1_000n, 500n] });
    expect(await issue()).toMatchObject({ kind: 'issued' });
    expect(stripe.invoices()).toMatchObject([{ subtotal: 1_500, total_excluding_tax: 1_500, total: 1_800 }]);
    expect((await row()).status).toBe('finalized');
  });

  test('promise 15: tax that somebody turned off in the draft stops the invoice', async () => {
    const { keep, issue, stripe } = await startIssueTest({ tax: 'stripe_tax' });
    await keep();
    const fault = { kind: 'person', act: 'turn_tax_off' } as const;
    stripe.faults.add({ method: 'GET', path: '/v1/invoices/in_', call: 1, fault });
    expect(await issue()).toMatchObject({
      kind: 'failed',
      reason: 'stripe_differs',
      detail: expect.stringContaining('automatic_tax'),
    });
  });

  test('tax that Stripe turned off while finalizing is told to finance', async () => {
    const { keep, issue, stripe, exceptions } = await startIssueTest({ tax: 'stripe_tax' });
    await keep();
    stripe.faults.add({ path: '/finalize', call: 1, fault: { kind: 'person', act: 'turn_tax_off' } });
    expect(await issue()).toMatchObject({ kind: 'issued' });
    expect(await exceptions()).toEqual(['issued_otherwise: tax_turned_off']);
  });

  test('a negative line under Stripe Tax is held: Stripe takes none', async () => {
    const { keep, issue } = await startIssueTest({ tax: 'stripe_tax' });
    await keep({ amounts: [500n, -100n] });
    expect(await issue()).toMatchObject({ kind: 'held', reason: 'negative_line_under_tax' });
  });

  test('promise 15: a due date that somebody moved stops the invoice', async () => {
    const { keep, issue, stripe, row } = await startIssueTest();
    await keep();
    const fault = { kind: 'person', act: 'change_due_days' } as const;
    stripe.faults.add({ method: 'GET', path: '/v1/invoices/in_', call: 1, fault });
    expect(await issue(INVOICE)).toMatchObject({ kind: 'failed', reason: 'stripe_differs' });
    expect((await row()).failure_detail).toContain('send_invoice, 90 days');
  });
});
