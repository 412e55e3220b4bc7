import { describe, expect, test } from 'vitest';
import { createStripeCustomer } from '../../shared/billing/create-stripe-customer.ts';
import type { FaultRule } from '../local-cloud/stripe/faults.ts';
import { type IssueSetting, startIssueTest } from './issue-setting.ts';

/** Everything that Stripe or the way to it can do to one call. */
const FAULTS: readonly (readonly [string, FaultRule['fault']])[] = [
  ['the request is lost', { kind: 'drop_request' }],
  ['the reply is lost after success', { kind: 'drop_reply' }],
  ['the reply is cut', { kind: 'cut_reply' }],
  ['no reply ever comes', { kind: 'hang' }],
  ['a proxy’s page is answered', { kind: 'not_json' }],
  ['409', { kind: 'conflict' }],
  ['an error that may pass', { kind: 'refused_for_now' }],
  ['429', { kind: 'rate_limit', retryAfterSeconds: 1 }],
  ['500', { kind: 'server_error', stored: false }],
  ['500, stored and replayed', { kind: 'server_error', stored: true }],
  ['500 after success, stored and replayed', { kind: 'server_error_after_effect' }],
];
/** More calls than any of the works makes: the last rounds meet no fault. */
const CALLS = [1, 2, 3, 4, 5, 6, 7, 8];
const ATTEMPTS = 12;
const DAY_MS = 24 * 3_600_000;

const periodOfCall = (call: number) => `2026-${call.toString().padStart(2, '0')}`;
const failAt = ({ stripe }: IssueSetting, call: number, fault: FaultRule['fault']) => {
  stripe.faults.clear();
  stripe.faults.add({ call, fault });
};
const liveOf = ({ stripe }: IssueSetting, invoiceId: string) =>
  stripe.invoices().filter(({ metadata, status }) => metadata.daybook_invoice_id === invoiceId && status !== 'void');

/** Repeats a work as people or the retries would, until it says that it is done. */
async function untilDone(work: () => Promise<boolean>): Promise<void> {
  for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) if (await work()) return;
  throw new Error(`not done after ${ATTEMPTS} attempts`);
}

describe.each(FAULTS)('promises 4 and 20, on each call in turn: %s', (_name, fault) => {
  test('an invoice is issued once, with its total', async () => {
    const setting = await startIssueTest({ timeoutMs: 250 });
    for (const call of CALLS) {
      const invoiceId = await setting.keep({ period: periodOfCall(call), amounts: [100n, 200n * BigInt(call)] });
      failAt(setting, call, fault);
      await setting.issueUntilDone(invoiceId);
      expect(liveOf(setting, invoiceId), `call ${call}`).toMatchObject([{ status: 'open', total: 100 + 200 * call }]);
      expect((await setting.row(invoiceId)).status).toBe('finalized');
    }
    expect(await setting.exceptions()).toEqual([]);
  });

  test('a finalized invoice is voided in Stripe and then here, once', async () => {
    const setting = await startIssueTest({ timeoutMs: 250 });
    for (const call of CALLS.slice(0, 5)) {
      const invoiceId = await setting.keep({ period: periodOfCall(call) });
      setting.stripe.faults.clear();
      await setting.issueUntilDone(invoiceId);
      failAt(setting, call, fault);
      await untilDone(async () => {
        const outcome = await setting.voidIt(invoiceId);
        const { status } = await setting.row(invoiceId);
        // Never void here while Stripe's can still be paid.
        if (status === 'void') expect(liveOf(setting, invoiceId), `call ${call}`).toEqual([]);
        return outcome.kind === 'voided';
      });
      expect((await setting.row(invoiceId)).status).toBe('void');
    }
    expect(await setting.exceptions()).toEqual([]);
  });

  test('the draft of a failed invoice is deleted in Stripe, and the obligation is free', async () => {
    const setting = await startIssueTest({ timeoutMs: 250 });
    for (const call of CALLS.slice(0, 4)) {
      const invoiceId = await setting.keep({ period: periodOfCall(call) });
      setting.stripe.faults.clear();
      setting.stripe.faults.add({ path: '/add_lines', call: 1, fault: { kind: 'drop_request' } });
      expect((await setting.issue(invoiceId)).kind).toBe('failed');
      failAt(setting, call, fault);
      await untilDone(async () => (await setting.voidIt(invoiceId)).kind === 'voided');
      expect(liveOf(setting, invoiceId), `call ${call}`).toEqual([]);
      setting.stripe.faults.clear();
      const again = await setting.keep({ period: periodOfCall(call), generation: 1 });
      expect(await setting.issue(again)).toMatchObject({ kind: 'issued' });
    }
  });

  test('a customer is made in Stripe once, and mapped', async () => {
    const setting = await startIssueTest({ mapped: false, timeoutMs: 250 });
    for (const call of CALLS.slice(0, 5)) {
      const customerId = `customer-${call}`;
      await setting.db.owner.query('insert into customers values ($1, $1, null)', [customerId]);
      failAt(setting, call, fault);
      const given = { customerId, email: null, actor: 'person:fay', why: 'new contract' };
      await untilDone(async () => (await createStripeCustomer(setting.dependencies, given)).kind === 'mapped');
      const made = setting.stripe.customers().filter(({ metadata }) => metadata.daybook_customer_id === customerId);
      expect(made, `call ${call}`).toHaveLength(1);
      const { rows } = await setting.db.owner.query('select stripe_customer_id from customers where customer_id = $1', [
        customerId,
      ]);
      expect(rows).toEqual([{ stripe_customer_id: made[0]?.id }]);
    }
  });
});

test('promise 20: no attempt is made before the time that Stripe asks to wait, however soon the policy would', async () => {
  const setting = await startIssueTest();
  const invoiceId = await setting.keep();
  setting.stripe.faults.add({ path: '/finalize', call: 1, fault: { kind: 'rate_limit', retryAfterSeconds: 7_200 } });
  expect(await setting.issue(invoiceId)).toMatchObject({ kind: 'failed', retryAfterMs: 7_200_000 });
  const { rows } = await setting.db.owner.query('select next_attempt_at from exceptions');
  expect(rows).toEqual([{ next_attempt_at: new Date(setting.effects.now().getTime() + 7_200_000) }]);
});

describe('promise 4: a day later Stripe has forgotten the keys', () => {
  test.each(['POST /v1/invoices', 'POST /add_lines', 'POST /finalize'])(
    'the reply to %s was lost: it is adopted',
    async (place) => {
      const setting = await startIssueTest({ timeoutMs: 250 });
      const invoiceId = await setting.keep();
      const [, path = ''] = place.split(' ');
      setting.stripe.faults.add({ method: 'POST', path, call: 1, fault: { kind: 'drop_reply' } });
      await setting.issue(invoiceId);
      setting.stripe.advanceClock(DAY_MS + 1_000);
      await setting.issueUntilDone(invoiceId);
      expect(liveOf(setting, invoiceId)).toMatchObject([{ status: 'open', total: 300 }]);
      expect(setting.stripe.linesOf(liveOf(setting, invoiceId)[0]?.id ?? '')).toHaveLength(2);
    },
  );

  test('the reply to a void was lost', async () => {
    const setting = await startIssueTest({ timeoutMs: 250 });
    const invoiceId = await setting.keep();
    await setting.issue(invoiceId);
    setting.stripe.faults.add({ path: '/void', call: 1, fault: { kind: 'drop_reply' } });
    expect((await setting.voidIt(invoiceId)).kind).toBe('failed');
    setting.stripe.advanceClock(DAY_MS + 1_000);
    expect(await setting.voidIt(invoiceId)).toEqual({ kind: 'voided' });
  });
});

describe('promise 4: what people and other workers do meanwhile', () => {
  test('items that wait on the customer are not swept into the invoice', async () => {
    const setting = await startIssueTest();
    const invoiceId = await setting.keep();
    const parameters = { customer: setting.stripeCustomerId, amount: '999', currency: 'usd' };
    const response = await fetch(`${setting.stripe.url}/v1/invoiceitems`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_daybook', 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams(parameters),
    });
    expect(response.ok).toBe(true);
    expect(await setting.issue(invoiceId)).toMatchObject({ kind: 'issued' });
    expect(liveOf(setting, invoiceId)).toMatchObject([{ total: 300 }]);
  });

  test('Stripe finalized the complete draft by itself: it is adopted', async () => {
    const setting = await startIssueTest();
    const invoiceId = await setting.keep();
    setting.stripe.faults.add({
      method: 'GET',
      path: '/v1/invoices/in_',
      call: 1,
      fault: { kind: 'person', act: 'finalize' },
    });
    expect(await setting.issue(invoiceId)).toMatchObject({ kind: 'issued' });
    expect(liveOf(setting, invoiceId)).toMatchObject([{ status: 'open', total: 300 }]);
  });

  test('somebody finalized the empty draft: the invoice stops, is voided by two people, and billed anew', async () => {
    const setting = await startIssueTest();
    const invoiceId = await setting.keep();
    setting.stripe.faults.add({ path: '/add_lines', call: 1, fault: { kind: 'person', act: 'finalize' } });
    expect((await setting.issue(invoiceId)).kind).toBe('failed');
    expect(await setting.issue(invoiceId)).toMatchObject({ kind: 'failed', reason: 'stripe_differs' });
    // With nothing due Stripe calls it paid, which cannot be voided; it asks for nothing and took nothing.
    expect(await setting.voidIt(invoiceId)).toEqual({ kind: 'voided' });
    expect(await setting.runStatus()).toBe('issued');
    const again = await setting.keep({ generation: 1 });
    expect(await setting.issue(again)).toMatchObject({ kind: 'issued' });
    expect(liveOf(setting, again)).toMatchObject([{ status: 'open', total: 300 }]);
  });

  test('somebody edits the draft between the comparison and finalizing: found at once, and not issued here', async () => {
    const setting = await startIssueTest();
    const invoiceId = await setting.keep();
    setting.stripe.faults.add({ path: '/finalize', call: 1, fault: { kind: 'person', act: 'edit_line_amount' } });
    expect(await setting.issue(invoiceId)).toMatchObject({ kind: 'failed', reason: 'stripe_differs' });
    expect((await setting.row(invoiceId)).status).toBe('stripe_failed');
    expect(await setting.voidIt(invoiceId)).toEqual({ kind: 'voided' });
    const again = await setting.keep({ generation: 1 });
    expect(await setting.issue(again)).toMatchObject({ kind: 'issued' });
    expect(liveOf(setting, again)).toMatchObject([{ status: 'open', total: 300 }]);
  });

  test('somebody deleted the draft: another is made under the next key, not a replayed ghost', async () => {
    const setting = await startIssueTest();
    const invoiceId = await setting.keep();
    setting.stripe.faults.add({ path: '/add_lines', call: 1, fault: { kind: 'person', act: 'delete' } });
    expect((await setting.issue(invoiceId)).kind).toBe('failed');
    await setting.issueUntilDone(invoiceId);
    expect(liveOf(setting, invoiceId)).toMatchObject([{ status: 'open', total: 300 }]);
  });

  test('two workers finalize at once, and a third repeats: one invoice', async () => {
    const setting = await startIssueTest();
    const invoiceId = await setting.keep();
    setting.stripe.faults.add({ path: '/finalize', call: 1, fault: { kind: 'slow', delayMs: 100 } });
    await Promise.all([setting.issue(invoiceId), setting.issue(invoiceId)]);
    await setting.issueUntilDone(invoiceId);
    expect(liveOf(setting, invoiceId)).toMatchObject([{ status: 'open', total: 300 }]);
    expect((await setting.row(invoiceId)).status).toBe('finalized');
  });

  test('the key stands in Stripe for another body: the draft there is compared, and the invoice stops', async () => {
    const setting = await startIssueTest();
    const invoiceId = await setting.keep();
    setting.stripe.faults.add({ path: '/finalize', call: 1, fault: { kind: 'drop_request' } });
    await setting.issue(invoiceId);
    // As after a restore: what was kept is gone, and the month was rated anew with another amount.
    await setting.db.owner.query('delete from stripe_requests');
    await setting.db.owner.query(`set session_replication_role = replica`);
    await setting.db.owner.query(`delete from invoices`);
    await setting.db.owner.query(`set session_replication_role = origin`);
    await setting.keep({ amounts: [100n, 999n] });
    for (let attempt = 0; attempt < 3; attempt += 1)
      expect(await setting.issue(invoiceId)).toMatchObject({ kind: 'failed', reason: 'stripe_differs' });
    expect(liveOf(setting, invoiceId)).toMatchObject([{ status: 'draft' }]);
    expect(await setting.voidIt(invoiceId)).toEqual({ kind: 'voided' });
    const again = await setting.keep({ generation: 1, amounts: [100n, 999n] });
    expect(await setting.issue(again)).toMatchObject({ kind: 'issued' });
    expect(liveOf(setting, again)).toMatchObject([{ status: 'open', total: 1_099 }]);
  });
});

test('promise 20: a draft that Stripe finalized before its lines were answered leaves no request open', async () => {
  const setting = await startIssueTest();
  await setting.keep();
  setting.stripe.faults.add({ method: 'POST', path: '/add_lines', call: 1, fault: { kind: 'drop_reply' } });
  expect(await setting.issue()).toMatchObject({ kind: 'failed' });
  setting.stripe.act(setting.stripe.invoices()[0]?.id ?? '', 'finalize');
  expect(await setting.issue()).toMatchObject({ kind: 'issued' });
  const { rows } = await setting.db.owner.query('select step, status from stripe_requests order by step');
  expect(rows).toEqual(['add_lines:1', 'create', 'finalize'].map((step) => ({ step, status: 'answered' })));
});
