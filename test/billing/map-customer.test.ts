import { describe, expect, test } from 'vitest';
import { createStripeCustomer } from '../../shared/billing/create-stripe-customer.ts';
import { mapCustomer } from '../../shared/billing/map-customer.ts';
import { createCustomer } from '../stripe/stand-in.ts';
import { INVOICE, type IssueSetting, startIssueTest } from './issue-setting.ts';

const map = ({ dependencies }: IssueSetting, stripeCustomerId: string, customerId = 'acme') =>
  mapCustomer(dependencies, { customerId, stripeCustomerId, actor: 'person:fay', why: 'contract 17' });

describe('an invoice of a customer that Stripe does not know', () => {
  test('promise 19: is held with the reason, the others go on, and it goes on itself once the customer is mapped', async () => {
    const setting = await startIssueTest({ mapped: false });
    const { keep, issue, row, exceptions, runStatus, client, stripe, db } = setting;
    await keep();
    expect(await issue()).toMatchObject({ kind: 'held', reason: 'no_stripe_customer' });
    expect(await row()).toMatchObject({ status: 'held', hold_reason: expect.stringContaining('no_stripe_customer: ') });
    expect(await exceptions()).toEqual(['invoice_held: no_stripe_customer']);
    expect(await runStatus()).toBe('issued');
    const mapped = await map(setting, await createCustomer(client, 'acme'));
    expect(mapped).toMatchObject({ kind: 'mapped', released: [INVOICE] });
    expect(await exceptions()).toEqual([]);
    const facts = await db.owner.query(
      `select body::jsonb -> 'data' ->> 'invoiceId' as invoice from outbox where topic = 'invoice.approved'`,
    );
    expect(facts.rows).toEqual([{ invoice: INVOICE }]);
    const audit = await db.owner.query(
      `select action, actor, why from audit_log where action in ('customer.mapped', 'invoice.approved') order by action`,
    );
    expect(audit.rows).toEqual([
      { action: 'customer.mapped', actor: 'person:fay', why: 'contract 17' },
      { action: 'invoice.approved', actor: 'person:fay', why: 'contract 17' },
    ]);
    expect(await issue()).toMatchObject({ kind: 'issued' });
    expect(stripe.invoices()).toMatchObject([{ status: 'open', total: 300 }]);
  });

  test('held for another reason it stays held when the customer is mapped', async () => {
    const setting = await startIssueTest({ mapped: false });
    await setting.keep({ status: 'held', holdReason: 'out_of_bounds: 9 times the median' });
    expect(await map(setting, await createCustomer(setting.client, 'acme'))).toMatchObject({ released: [] });
    expect((await setting.row()).status).toBe('held');
  });

  test('and of a run that was not signed off it is not released by the mapping', async () => {
    const setting = await startIssueTest({ mapped: false });
    await setting.keep({ status: 'held', holdReason: 'no_stripe_customer: x' });
    await setting.db.owner.query('set session_replication_role = replica');
    await setting.db.owner.query(`update billing_runs set status = 'in_review', approver = null, approved_at = null`);
    await setting.db.owner.query('set session_replication_role = origin');
    expect(await map(setting, await createCustomer(setting.client, 'acme'))).toMatchObject({ released: [] });
  });
});

describe('a mapping is looked at in Stripe first', () => {
  const cases: readonly (readonly [string, string, (setting: IssueSetting) => Promise<string>])[] = [
    ['an id that is none', 'invalid_id', async () => 'acme'],
    ['a customer that Stripe does not know', 'unknown_in_stripe', async () => 'cus_nobody'],
    [
      'a customer that was deleted there',
      'deleted_in_stripe',
      async ({ client, stripe }) => {
        const id = await createCustomer(client, 'acme');
        await fetch(`${stripe.url}/v1/customers/${id}`, {
          method: 'DELETE',
          headers: { authorization: 'Bearer sk_test_daybook' },
        });
        return id;
      },
    ],
    ['a customer with the mark of another', 'marked_for_another', ({ client }) => createCustomer(client, 'birch')],
  ];
  test.each(cases)('%s is refused', async (_what, reason, make) => {
    const setting = await startIssueTest({ mapped: false });
    expect(await map(setting, await make(setting))).toMatchObject({ kind: 'refused', reason });
  });

  test('a customer that is billed in another currency there is refused', async () => {
    const setting = await startIssueTest();
    await setting.keep();
    await setting.issue();
    await setting.db.owner.query(`insert into customers values ('birch', 'birch', null)`);
    await setting.db.owner.query(`update customers set stripe_customer_id = null where customer_id = 'acme'`);
    await setting.keep({ customer: 'birch', currency: 'jpy', status: 'rated' });
    const { rows } = await setting.db.owner.query('select invoice_id from invoices');
    expect(rows).toHaveLength(2);
    // The stand-in's customer carries acme's mark; without it only the currency is in the way.
    await fetch(`${setting.stripe.url}/v1/customers/${setting.stripeCustomerId}`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_daybook' },
      body: new URLSearchParams({ 'metadata[daybook_customer_id]': '' }),
    });
    expect(await map(setting, setting.stripeCustomerId, 'birch')).toMatchObject({
      kind: 'refused',
      reason: 'other_currency',
      detail: expect.stringContaining('billed in usd, and customer birch in jpy'),
    });
  });

  test('a customer that another one of ours is mapped to is refused, and an own mapping is never replaced', async () => {
    const setting = await startIssueTest();
    await setting.db.owner.query(`insert into customers values ('birch', 'birch', null)`);
    expect(await map(setting, setting.stripeCustomerId, 'birch')).toMatchObject({ reason: 'mapped_to_another' });
    expect(await map(setting, await createCustomer(setting.client, 'other'))).toMatchObject({
      reason: 'mapped_otherwise',
    });
    expect(await map(setting, setting.stripeCustomerId)).toMatchObject({ kind: 'mapped' });
    expect(await map(setting, setting.stripeCustomerId, 'nobody')).toMatchObject({ reason: 'not_found' });
  });

  test('the database keeps the application from changing a mapping', async () => {
    const { db } = await startIssueTest();
    await db.owner.query('set role daybook_app');
    await expect(db.owner.query(`update customers set stripe_customer_id = 'cus_thief'`)).rejects.toMatchObject({
      code: 'DB002',
    });
    await expect(db.owner.query('update customers set stripe_customer_id = null')).rejects.toMatchObject({
      code: 'DB002',
    });
    await db.owner.query('reset role');
  });

  test('two that map one Stripe customer at the same moment: one is refused', async () => {
    const setting = await startIssueTest({ mapped: false });
    for (const customer of ['birch', 'cedar'])
      await setting.db.owner.query('insert into customers values ($1, $1, null)', [customer]);
    const made = await createCustomer(setting.client, 'birch');
    await fetch(`${setting.stripe.url}/v1/customers/${made}`, {
      method: 'POST',
      headers: { authorization: 'Bearer sk_test_daybook' },
      body: new URLSearchParams({ 'metadata[daybook_customer_id]': '' }),
    });
    const outcomes = await Promise.all([map(setting, made, 'birch'), map(setting, made, 'cedar')]);
    expect(outcomes.map(({ kind }) => kind).sort()).toEqual(['mapped', 'refused']);
  });
});

describe('a customer that is made in Stripe', () => {
  const create = ({ dependencies }: IssueSetting, email: string | null = null) =>
    createStripeCustomer(dependencies, { customerId: 'acme', email, actor: 'person:fay', why: 'new' });

  test('is found again by its mark, and a repeat is refused', async () => {
    const setting = await startIssueTest({ mapped: false });
    expect(await create(setting, 'billing@acme.example')).toMatchObject({ kind: 'mapped' });
    expect(setting.stripe.customers()).toMatchObject([
      { metadata: { daybook_customer_id: 'acme' }, email: 'billing@acme.example' },
    ]);
    expect(await create(setting)).toMatchObject({ kind: 'refused', reason: 'mapped_otherwise' });
  });

  test('promise 4: after a restore that forgot it, the one with our mark is adopted', async () => {
    const setting = await startIssueTest({ mapped: false });
    const there = await createCustomer(setting.client, 'acme');
    setting.stripe.advanceClock(25 * 3_600_000);
    expect(await create(setting)).toMatchObject({ kind: 'mapped', stripeCustomerId: there });
    expect(setting.stripe.customers()).toHaveLength(1);
  });

  test('promise 4: with two that carry our mark a person chooses', async () => {
    const setting = await startIssueTest({ mapped: false });
    await createCustomer(setting.client, 'acme');
    setting.stripe.advanceClock(25 * 3_600_000);
    await createCustomer(setting.client, 'acme');
    expect(await create(setting)).toMatchObject({ kind: 'failed', reason: 'several_customers_in_stripe' });
  });
});
