import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { FaultRule } from '../local-cloud/stripe/faults.ts';
import { type IssueSetting, startIssueTest } from './issue-setting.ts';

const liveOf = ({ stripe }: IssueSetting, invoiceId: string) =>
  stripe.invoices().filter(({ metadata, status }) => metadata.daybook_invoice_id === invoiceId && status !== 'void');

/** What a person does with an invoice or its copies in Stripe's pages. */
async function inStripe({ stripe }: IssueSetting, path: string, form: Readonly<Record<string, string>> = {}) {
  const response = await fetch(`${stripe.url}/v1/invoices${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_daybook' },
    body: new URLSearchParams(form),
  });
  if (!response.ok) throw new Error(await response.text());
}

/** Another draft with the marks of the invoice, as duplicating it in Stripe's pages makes one. */
async function duplicateInStripe(setting: IssueSetting): Promise<string> {
  const [original] = setting.stripe.invoices();
  const marks = Object.entries(original?.metadata ?? {}).map(([name, value]) => [`metadata[${name}]`, value]);
  await inStripe(setting, '', { customer: setting.stripeCustomerId, currency: 'usd', ...Object.fromEntries(marks) });
  return setting.stripe.invoices().at(-1)?.id ?? '';
}

/** Resolves once a call of the path has reached Stripe, however it ends there. */
async function reached({ stripe }: IssueSetting, path: string, calls = 1): Promise<void> {
  for (let waited = 0; waited < 200; waited += 1) {
    if (stripe.arrivals(path) >= calls) return;
    await delay(5);
  }
  throw new Error(`no call of ${path} came`);
}

describe('promise 4: a void beside an attempt that is still under way', () => {
  test('whose create reaches Stripe after the void found nothing there: it is never finalized, and the next one is', async () => {
    const setting = await startIssueTest({ timeoutMs: 5_000 });
    const { stripe } = setting;
    const invoiceId = await setting.keep();
    stripe.faults.add({ method: 'POST', path: '/v1/invoices', call: 1, fault: { kind: 'slow', delayMs: 700 } });
    const slow = setting.issue(invoiceId);
    await reached(setting, 'POST /v1/invoices');
    // The second delivery meets the key in use and fails; people void what failed.
    expect(await setting.issue(invoiceId)).toMatchObject({ kind: 'failed', reason: 'stripe_key_in_use' });
    expect(await setting.voidIt(invoiceId)).toEqual({ kind: 'voided' });
    const again = await setting.keep({ generation: 1 });
    expect(await setting.issue(again)).toMatchObject({ kind: 'issued' });
    expect(await slow).toEqual({ kind: 'overtaken', status: 'void' });
    expect((await setting.row(invoiceId)).status).toBe('void');
    expect(liveOf(setting, invoiceId).map(({ status }) => status)).toEqual(['draft']);
    expect(liveOf(setting, again)).toMatchObject([{ status: 'open', total: 300 }]);
  });

  test('whose finalize reaches Stripe after the draft was deleted: nothing is billed for it', async () => {
    const setting = await startIssueTest({ timeoutMs: 5_000 });
    const { stripe } = setting;
    const invoiceId = await setting.keep();
    stripe.faults.add({ method: 'POST', path: '/finalize', call: 1, fault: { kind: 'slow', delayMs: 700 } });
    const slow = setting.issue(invoiceId);
    await reached(setting, '/finalize');
    expect(await setting.issue(invoiceId)).toMatchObject({ kind: 'failed', reason: 'stripe_key_in_use' });
    expect(await setting.voidIt(invoiceId)).toEqual({ kind: 'voided' });
    expect((await slow).kind).toBe('failed');
    expect(liveOf(setting, invoiceId)).toEqual([]);
    expect((await setting.row(invoiceId)).status).toBe('void');
  });
});

describe('promise 8: what ended in Stripe by other hands is not recorded as issued', () => {
  const before: readonly (readonly [string, FaultRule['path'], 'GET' | 'POST'])[] = [
    ['before the comparison', '/v1/invoices/in_', 'GET'],
    ['between the comparison and finalizing', '/finalize', 'POST'],
  ];
  test.each(before)(
    'finalized and voided in Stripe %s: the invoice stops, and is billed anew',
    async (_when, path, method) => {
      const setting = await startIssueTest();
      const invoiceId = await setting.keep();
      const rule = { method, ...(path === undefined ? {} : { path }), call: 1 } as const;
      setting.stripe.faults.add({ ...rule, fault: { kind: 'person', act: 'finalize' } });
      setting.stripe.faults.add({ ...rule, fault: { kind: 'person', act: 'void' } });
      expect(await setting.issue(invoiceId)).toMatchObject({ kind: 'failed', reason: 'voided_in_stripe' });
      expect((await setting.row(invoiceId)).failure_detail).toContain(`daybook invoice void ${invoiceId}`);
      expect(await setting.voidIt(invoiceId)).toEqual({ kind: 'voided' });
      const again = await setting.keep({ generation: 1 });
      expect(await setting.issue(again)).toMatchObject({ kind: 'issued' });
      expect(setting.stripe.invoices().filter(({ status }) => status === 'open')).toMatchObject([{ total: 300 }]);
    },
  );

  test('a duplicate that a person made and then voided, as it is told to: the other one is issued', async () => {
    const setting = await startIssueTest();
    const invoiceId = await setting.keep();
    setting.stripe.faults.add({ path: '/finalize', call: 1, fault: { kind: 'drop_request' } });
    await setting.issue(invoiceId);
    const duplicate = await duplicateInStripe(setting);
    expect(await setting.issue(invoiceId)).toMatchObject({ kind: 'failed', reason: 'several_invoices_in_stripe' });
    await inStripe(setting, `/${duplicate}/add_lines`, { 'lines[0][amount]': '100' });
    await inStripe(setting, `/${duplicate}/finalize`);
    await inStripe(setting, `/${duplicate}/void`);
    expect(await setting.issue(invoiceId)).toMatchObject({ kind: 'issued' });
    expect(liveOf(setting, invoiceId)).toMatchObject([{ status: 'open', total: 300 }]);
  });

  test('an incomplete draft that a person finalized and the customer paid: once credited in full it is void here, and billed anew', async () => {
    const setting = await startIssueTest();
    const invoiceId = await setting.keep();
    setting.stripe.faults.add({ path: '/finalize', call: 1, fault: { kind: 'person', act: 'remove_line' } });
    setting.stripe.faults.add({ path: '/finalize', call: 1, fault: { kind: 'person', act: 'finalize' } });
    expect(await setting.issue(invoiceId)).toMatchObject({ kind: 'failed', reason: 'stripe_differs' });
    const copy = setting.stripe.invoices()[0]?.id ?? '';
    setting.stripe.pay(copy);
    expect(await setting.voidIt(invoiceId)).toMatchObject({ kind: 'withdrawn' });
    const response = await fetch(`${setting.stripe.url}/v1/credit_notes`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_daybook' },
      body: new URLSearchParams({ invoice: copy, amount: '200', credit_amount: '200' }),
    });
    expect(response.ok).toBe(true);
    expect(await setting.voidIt(invoiceId)).toEqual({ kind: 'voided' });
    const again = await setting.keep({ generation: 1 });
    expect(await setting.issue(again)).toMatchObject({ kind: 'issued' });
  });
});

describe('promise 20: a draft that a person deleted, and a fault on what takes its place', () => {
  const places = [
    ['the new draft', 'POST /v1/invoices'],
    ['its lines', 'POST /add_lines'],
    ['its finalizing', 'POST /finalize'],
  ] as const;
  test.each(places)('a stored 500 on %s is passed too: it is issued within the attempts', async (_what, place) => {
    const setting = await startIssueTest();
    const invoiceId = await setting.keep();
    setting.stripe.faults.add({ path: '/finalize', call: 1, fault: { kind: 'person', act: 'delete' } });
    expect((await setting.issue(invoiceId)).kind).toBe('failed');
    const [, path = ''] = place.split(' ');
    const stored = { kind: 'server_error', stored: true } as const;
    // The first of these calls only learns that its key is dead.
    setting.stripe.faults.clear();
    for (const call of [2, 4]) setting.stripe.faults.add({ method: 'POST', path, call, fault: stored });
    expect(await setting.issueUntilDone(invoiceId, 6)).toBeLessThanOrEqual(6);
    expect(liveOf(setting, invoiceId)).toMatchObject([{ status: 'open', total: 300 }]);
    const keys = await setting.db.owner.query('select idempotency_key from stripe_requests');
    const sent = new Set(setting.stripe.calls().map(({ idempotencyKey }) => idempotencyKey));
    for (const { idempotency_key: key } of keys.rows) expect(sent).toContain(key);
  });

  test('deleted twice: the third draft is made, and no ghost of the second is taken for it', async () => {
    const setting = await startIssueTest();
    const invoiceId = await setting.keep();
    for (const call of [1, 2])
      setting.stripe.faults.add({ path: '/finalize', call, fault: { kind: 'person', act: 'delete' } });
    await setting.issueUntilDone(invoiceId, 6);
    expect(liveOf(setting, invoiceId)).toMatchObject([{ status: 'open', total: 300 }]);
  });

  test('lines of which a person removed one before they were looked at: nothing is added beside them', async () => {
    const setting = await startIssueTest();
    const invoiceId = await setting.keep();
    setting.stripe.faults.add({ path: '/add_lines', call: 1, fault: { kind: 'drop_reply' } });
    await setting.issue(invoiceId);
    const [draft] = setting.stripe.invoices();
    setting.stripe.act(draft?.id ?? '', 'remove_line');
    expect(await setting.issue(invoiceId)).toMatchObject({ kind: 'failed', reason: 'stripe_differs' });
    expect(setting.stripe.linesOf(draft?.id ?? '')).toHaveLength(1);
  });

  test('a list that lags behind does not make a second invoice: the replayed answer is read by its id', async () => {
    const setting = await startIssueTest();
    const invoiceId = await setting.keep();
    setting.stripe.faults.add({ method: 'POST', path: '/v1/invoices', call: 1, fault: { kind: 'drop_reply' } });
    for (const call of [2, 3, 4])
      setting.stripe.faults.add({ method: 'GET', path: '/v1/invoices', call, fault: { kind: 'empty_list' } });
    await setting.issueUntilDone(invoiceId, 4);
    expect(liveOf(setting, invoiceId)).toMatchObject([{ status: 'open', total: 300 }]);
  });
});

test('promise 1: finalized by an attempt that crashed, and written off in Stripe since: it is uncollectible here too', async () => {
  const setting = await startIssueTest();
  const invoiceId = await setting.keep();
  setting.stripe.faults.add({ path: '/finalize', call: 1, fault: { kind: 'drop_reply' } });
  expect((await setting.issue(invoiceId)).kind).toBe('failed');
  await inStripe(setting, `/${setting.stripe.invoices()[0]?.id}/mark_uncollectible`);
  expect(await setting.issue(invoiceId)).toMatchObject({ kind: 'issued' });
  expect((await setting.row(invoiceId)).status).toBe('uncollectible');
});
