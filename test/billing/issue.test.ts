import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { issueInvoice } from '../../shared/billing/issue-invoice.ts';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { POLICIES } from '../../shared/exceptions/policy.ts';
import { openStripeClient, type StripeClient } from '../../shared/stripe/client.ts';
import { stripeCustomerSchema } from '../../shared/stripe/objects.ts';
import { postRequest } from '../../shared/stripe/request.ts';
import { sendRequest } from '../../shared/stripe/send.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import type { FaultRule } from '../local-cloud/stripe/faults.ts';
import { type StripeStandIn, startStripeStandIn } from '../local-cloud/stripe/server.ts';
import { NO_PACE } from '../stripe/no-pace.ts';
import { aggregateAll, collect, EFFECTS, PERIOD, rate, seedContracts } from './month.ts';

const INVOICE = '2026-10/acme/usage';
const LIVE = ['open', 'paid', 'draft'];

let db: TestDatabase;
let stripe: StripeStandIn;
let client: StripeClient;

beforeEach(async () => {
  db = await createTestDatabase();
  await seedContracts(db, ['acme']);
  await aggregateAll(db.database, { 'acme-app': '100' });
  await collect(db.database);
  await rate(db.database, 0);
  await approveRun({ database: db.database, effects: EFFECTS }, { runId: PERIOD, approver: 'person:fay', why: 'test' });
  stripe = await startStripeStandIn({ port: 0 });
  client = await openStripeClient(
    { apiBase: stripe.url, secretKey: 'sk_test_daybook', timeoutMs: 500 },
    EFFECTS,
    NO_PACE,
  );
  const created = await sendRequest(
    client,
    postRequest('create', '/v1/customers', 'customer', { name: 'Acme' }),
    stripeCustomerSchema,
  );
  if (created.kind !== 'ok') throw new Error(created.kind);
  await db.owner.query(`update customers set stripe_customer_id = $1`, [created.object.id]);
});
afterEach(async () => {
  await stripe.close();
  await db.remove();
});

const issue = () =>
  issueInvoice(
    { database: db.database, effects: EFFECTS, stripe: async () => client },
    INVOICE,
    'service:issue-invoices',
  );
const row = async () => (await db.owner.query('select status, stripe_number, failure_detail from invoices')).rows[0];
const runStatus = async () => (await db.owner.query('select status from billing_runs')).rows[0].status;
const inStripe = () => stripe.invoices().filter((invoice) => LIVE.includes(invoice.status ?? ''));

/** Tries as the retries would, until the invoice is issued. */
async function issueUntilDone(attempts = 6): Promise<number> {
  for (let attempt = 1; attempt <= attempts; attempt += 1) {
    const outcome = await issue();
    if (outcome.kind === 'issued' || outcome.kind === 'already_issued') return attempt;
  }
  throw new Error(`not issued after ${attempts} attempts: ${JSON.stringify(await row())}`);
}

describe('an approved invoice', () => {
  test('becomes one finalized invoice of 60.00 in Stripe, and the run is issued', async () => {
    expect(await issue()).toMatchObject({ kind: 'issued' });
    expect(inStripe()).toMatchObject([{ status: 'open', total: 6_000, currency: 'usd' }]);
    expect(await row()).toMatchObject({ status: 'finalized', failure_detail: null });
    expect(await runStatus()).toBe('issued');
  });

  test('promise 4: issued again, by a second delivery or two workers at once, stays one', async () => {
    await Promise.all([issue(), issue(), issue()]);
    await issueUntilDone();
    expect(inStripe()).toHaveLength(1);
    expect(await row()).toMatchObject({ status: 'finalized' });
  });

  test('the keys and bytes of every request are kept before the first is sent', async () => {
    stripe.faults.add({ call: 'every', fault: { kind: 'drop_request' } });
    await issue();
    const kept = await db.owner.query('select step, idempotency_key from stripe_requests order by step');
    expect(kept.rows).toEqual([
      { step: 'add_lines:1', idempotency_key: 'daybook:acme:2026-10:usage:0:add_lines%3A1' },
      { step: 'create', idempotency_key: 'daybook:acme:2026-10:usage:0:create' },
      { step: 'finalize', idempotency_key: 'daybook:acme:2026-10:usage:0:finalize' },
    ]);
  });
});

describe('promise 20: whatever Stripe does to one call, the invoice is issued once and right', () => {
  const paths = ['/v1/invoices', '/add_lines', '/lines', '/finalize'];
  const faults: FaultRule['fault'][] = [
    { kind: 'drop_request' },
    { kind: 'drop_reply' },
    { kind: 'cut_reply' },
    { kind: 'hang' },
    { kind: 'not_json' },
    { kind: 'conflict' },
    { kind: 'rate_limit', retryAfterSeconds: 1 },
    { kind: 'server_error', stored: false },
    { kind: 'server_error', stored: true },
    { kind: 'server_error_after_effect' },
  ];
  test.each(
    faults.map((fault) => ({ fault, name: fault.kind + ('stored' in fault && fault.stored ? ' (stored)' : '') })),
  )('$name on each call in turn', async ({ fault }) => {
    for (const path of paths) stripe.faults.add({ path, call: 1, fault }, { path, call: 3, fault });
    await issueUntilDone(12);
    expect(inStripe()).toMatchObject([{ status: 'open', total: 6_000 }]);
    expect(await row()).toMatchObject({ status: 'finalized', failure_detail: null });
    expect(
      (await db.owner.query(`select status from exceptions where class = 'issuing_failed'`)).rows.every(
        (exception) => exception.status === 'resolved',
      ),
    ).toBe(true);
  });

  test('a reply lost to the create, and the key forgotten a day later: the draft is found and adopted', async () => {
    stripe.faults.add({ method: 'POST', path: '/v1/invoices', call: 1, fault: { kind: 'drop_reply' } });
    expect(await issue()).toMatchObject({ kind: 'failed' });
    stripe.advanceClock(25 * 3_600_000);
    await issueUntilDone();
    expect(inStripe()).toHaveLength(1);
  });
});

describe('promise 15: what Stripe shows must be ours, or the invoice stops', () => {
  test.each(['edit_line_amount', 'edit_description', 'add_line', 'remove_line', 'add_discount'] as const)(
    'a person’s %s on the draft',
    async (act) => {
      stripe.faults.add({ method: 'GET', path: '/v1/invoices/in_', call: 1, fault: { kind: 'person', act } });
      expect(await issue()).toMatchObject({ kind: 'failed', reason: 'stripe_differs' });
      expect(await row()).toMatchObject({
        status: 'stripe_failed',
        failure_detail: expect.stringContaining('stripe_differs'),
      });
      expect(inStripe()).toMatchObject([{ status: 'draft' }]);
    },
  );
});

describe('an invoice that cannot be issued', () => {
  test('of a customer that Stripe does not know is stopped with what to do', async () => {
    await db.owner.query('update customers set stripe_customer_id = null');
    expect(await issue()).toMatchObject({ kind: 'held', reason: 'no_stripe_customer' });
  });

  test('promise 20: after the policy’s attempts its run is issuing_failed, and issued once the cause is mended', async () => {
    stripe.faults.add({ call: 'every', fault: { kind: 'drop_request' } });
    for (let attempt = 1; attempt < POLICIES.issuing_failed.maxAttempts; attempt += 1) await issue();
    expect(await runStatus()).toBe('issuing');
    await issue();
    expect(await runStatus()).toBe('issuing_failed');
    stripe.faults.clear();
    expect(await issue()).toMatchObject({ kind: 'issued' });
    expect(await runStatus()).toBe('issued');
  });

  test('that was not approved is left alone', async () => {
    const other = await createTestDatabase();
    await seedContracts(other, ['acme']);
    await aggregateAll(other.database, { 'acme-app': '100' });
    await collect(other.database);
    await rate(other.database, 0);
    const outcome = await issueInvoice(
      { database: other.database, effects: EFFECTS, stripe: async () => client },
      INVOICE,
      'service:x',
    );
    expect(outcome).toEqual({ kind: 'not_approved', status: 'rated' });
    expect(inStripe()).toHaveLength(0);
    await other.remove();
  });

  test('that does not exist is said to be unknown', async () => {
    expect(
      await issueInvoice({ database: db.database, effects: EFFECTS, stripe: async () => client }, 'nope', 'service:x'),
    ).toEqual({ kind: 'unknown_invoice' });
  });
});
