import { describe, expect, test } from 'vitest';
import { billingPeriod } from '../../shared/calendar/billing-period.ts';
import { acceptDifference } from '../../shared/reconciliation/accept-difference.ts';
import { followDifference } from '../../shared/reconciliation/follow-difference.ts';
import { reconcile } from '../../shared/reconciliation/reconcile.ts';
import { INVOICE, type IssueSetting, startIssueTest } from '../billing/issue-setting.ts';

const PERIOD = billingPeriod('2026-10');
const look = ({ dependencies, effects }: IssueSetting) => {
  effects.move(60_000);
  return reconcile(dependencies, [PERIOD], 'service:reconcile-stripe');
};
const summary = async (setting: IssueSetting) => {
  const outcome = await look(setting);
  if (outcome.kind !== 'reconciled') throw new Error(outcome.reason);
  return outcome.periods[0];
};
const differences = async ({ db }: IssueSetting) =>
  (
    await db.owner.query(
      `select kind, invoice_id as invoice, place, local_value as here, stripe_value as there, status from stripe_differences order by difference_id`,
    )
  ).rows;
const post = async ({ stripe }: IssueSetting, path: string, form: Record<string, string> = {}) => {
  const response = await fetch(`${stripe.url}${path}`, {
    method: 'POST',
    headers: { authorization: 'Bearer sk_test_daybook' },
    body: new URLSearchParams(form),
  });
  if (!response.ok) throw new Error(await response.text());
  return response.json() as Promise<{ id: string }>;
};
const copyOf = ({ stripe }: IssueSetting) => stripe.invoices()[0]?.id ?? '';

async function issued(options: Parameters<typeof startIssueTest>[0] = {}): Promise<IssueSetting> {
  const setting = await startIssueTest(options);
  await setting.keep({ amounts: [1_000n, 500n] });
  await setting.issue();
  return setting;
}

test('promise 15: what was issued and not touched has no difference, with tax, roll-up and credit on the balance', async () => {
  const setting = await startIssueTest({ tax: 'stripe_tax', timeoutMs: 10_000 });
  await setting.keep({ amounts: Array.from({ length: 300 }, (_, index) => BigInt(index + 1)) });
  await setting.issue();
  expect(await look(setting)).toMatchObject({
    kind: 'reconciled',
    invoices: 1,
    copies: 1,
    periods: [{ open: 0, fresh: 0, resolved: 0 }],
  });
  expect(await differences(setting)).toEqual([]);
});

describe('every way in which the two can differ is named', () => {
  const cases: readonly (readonly [string, (setting: IssueSetting) => Promise<unknown>, object])[] = [
    [
      'a status that its webhook did not bring',
      async ({ stripe }) => stripe.pay(stripe.invoices()[0]?.id ?? ''),
      { kind: 'status', here: 'finalized', there: 'paid' },
    ],
    [
      'voided by hand',
      (setting) => post(setting, `/v1/invoices/${copyOf(setting)}/void`),
      { kind: 'void_by_hand', there: 'void' },
    ],
    [
      'a credit note made by hand',
      (setting) =>
        post(setting, '/v1/credit_notes', {
          invoice: copyOf(setting),
          'lines[0][type]': 'custom_line_item',
          'lines[0][description]': 'goodwill',
          'lines[0][quantity]': '1',
          'lines[0][unit_amount]': '100',
        }),
      { kind: 'credit_note_by_hand', there: '100' },
    ],
    [
      'marks that were edited after finalizing',
      (setting) => post(setting, `/v1/invoices/${copyOf(setting)}`, { 'metadata[daybook_generation]': '7' }),
      { kind: 'metadata', place: 'daybook_generation', here: '0', there: '7' },
    ],
  ];
  test.each(cases)('%s', async (_what, harm, expected) => {
    const setting = await issued();
    await harm(setting);
    expect(await summary(setting)).toMatchObject({ open: 1, fresh: 1 });
    expect(await differences(setting)).toMatchObject([{ ...expected, status: 'open' }]);
    expect(await setting.exceptions()).toContain('stripe_differs: differences');
  });

  test('missing in Stripe under its id and marks, while what carried them is missing here', async () => {
    const setting = await issued();
    await setting.db.owner.query(`update invoices set stripe_invoice_id = 'in_gone', generation = 5`);
    expect(await summary(setting)).toMatchObject({ open: 2 });
    expect(await differences(setting)).toMatchObject([
      { kind: 'missing_in_stripe', invoice: INVOICE, here: 'finalized' },
      { kind: 'missing_here', invoice: null, place: INVOICE },
    ]);
  });

  test('missing here, and a duplicate of the same obligation', async () => {
    const setting = await issued();
    const marks = { daybook_customer_id: 'acme', daybook_period: '2026-10', daybook_series: 'usage' };
    const form = (generation: string) => ({
      customer: setting.stripeCustomerId,
      currency: 'usd',
      ...Object.fromEntries(Object.entries(marks).map(([name, value]) => [`metadata[${name}]`, value])),
      'metadata[daybook_generation]': generation,
    });
    await post(setting, '/v1/invoices', form('0'));
    await post(setting, '/v1/invoices', form('4'));
    await post(setting, '/v1/invoices', { customer: setting.stripeCustomerId, currency: 'usd' });
    expect(await summary(setting)).toMatchObject({ open: 2 });
    expect((await differences(setting)).map(({ kind, invoice }) => [kind, invoice])).toEqual([
      ['duplicate', INVOICE],
      ['missing_here', null],
    ]);
  });
});

describe('a difference lives until it is gone or accepted', () => {
  test('seen again it is the same row; gone it is resolved, and the exception with it', async () => {
    const setting = await issued();
    setting.stripe.pay(copyOf(setting));
    expect(await summary(setting)).toMatchObject({ open: 1, fresh: 1 });
    expect(await summary(setting)).toMatchObject({ open: 1, fresh: 0 });
    expect(await differences(setting)).toHaveLength(1);
    await setting.db.owner.query(`update invoices set status = 'paid'`);
    expect(await summary(setting)).toMatchObject({ open: 0, resolved: 1 });
    expect(await differences(setting)).toMatchObject([{ status: 'resolved' }]);
    expect(await setting.exceptions()).toEqual([]);
  });

  test('promise 23: finance accepts it with a reason, under its own name; another value is another difference', async () => {
    const setting = await issued();
    const mark = (value: string) =>
      post(setting, `/v1/invoices/${copyOf(setting)}`, { 'metadata[daybook_invoice_id]': value });
    await mark('a');
    await look(setting);
    const accept = (actor: string, differenceId = 1n) =>
      acceptDifference(setting.dependencies, { differenceId, actor, why: 'renamed with the customer' });
    expect(await accept('person:omar')).toMatchObject({ kind: 'refused' });
    expect(await accept('person:fay', 99n)).toMatchObject({ kind: 'refused', reason: 'not_found' });
    expect(await accept('person:fay')).toEqual({ kind: 'accepted' });
    expect(await accept('person:fay')).toMatchObject({ kind: 'refused', reason: 'state' });
    expect(await setting.exceptions()).toEqual([]);
    expect(await summary(setting)).toMatchObject({ open: 0, accepted: 1 });
    await mark('b');
    expect(await summary(setting)).toMatchObject({ open: 1, fresh: 1, accepted: 0, resolved: 1 });
    const audit = await setting.db.owner.query(
      `select action, why from audit_log where action = 'stripe_difference.accepted'`,
    );
    expect(audit.rows).toEqual([{ action: 'stripe_difference.accepted', why: 'renamed with the customer' }]);
  });

  test('promise 17: a status whose webhook was lost is followed in a person’s name, and by nobody else', async () => {
    const setting = await issued();
    setting.stripe.pay(copyOf(setting));
    await look(setting);
    const follow = (differenceId = 1n) =>
      followDifference(setting.dependencies, { differenceId, actor: 'person:fay', why: 'the endpoint was down' });
    expect(await follow(9n)).toMatchObject({ kind: 'refused', reason: 'not_found' });
    expect(await follow()).toEqual({ kind: 'followed', invoiceId: INVOICE, from: 'finalized', to: 'paid' });
    expect(await follow()).toMatchObject({ kind: 'refused', reason: 'nothing_to_follow' });
    expect(await summary(setting)).toMatchObject({ open: 0, resolved: 1 });
    expect(await follow()).toMatchObject({ kind: 'refused', reason: 'state' });
    const audit = await setting.db.owner.query(`select actor, why from audit_log where action = 'invoice.paid'`);
    expect(audit.rows).toEqual([{ actor: 'person:fay', why: 'the endpoint was down' }]);
  });

  test('what is not a status is not followed', async () => {
    const setting = await issued();
    await post(setting, `/v1/invoices/${copyOf(setting)}`, { 'metadata[daybook_generation]': '7' });
    await look(setting);
    const given = { differenceId: 1n, actor: 'person:fay', why: 'x' };
    expect(await followDifference(setting.dependencies, given)).toMatchObject({
      kind: 'refused',
      reason: 'not_a_status',
    });
    expect((await setting.row()).status).toBe('finalized');
  });

  test('two reconciliations at once keep each difference once', async () => {
    const setting = await issued();
    setting.stripe.pay(copyOf(setting));
    await Promise.all([look(setting), look(setting), look(setting)]);
    expect(await differences(setting)).toHaveLength(1);
  });

  test('when Stripe cannot be read to its end nothing is kept, and nothing resolved', async () => {
    const setting = await issued();
    setting.stripe.pay(copyOf(setting));
    await look(setting);
    setting.stripe.faults.add({ method: 'GET', path: '/v1/invoices', call: 1, fault: { kind: 'cut_reply' } });
    expect(await look(setting)).toMatchObject({ kind: 'unreadable' });
    expect(await differences(setting)).toMatchObject([{ status: 'open' }]);
  });

  test('it changes no invoice, here or in Stripe', async () => {
    const setting = await issued();
    setting.stripe.pay(copyOf(setting));
    const before = [JSON.stringify(setting.stripe.invoices()), JSON.stringify(await setting.row())];
    const writes = () => setting.stripe.calls().filter(({ method }) => method !== 'GET').length;
    const sent = writes();
    await look(setting);
    expect([JSON.stringify(setting.stripe.invoices()), JSON.stringify(await setting.row())]).toEqual(before);
    expect(writes()).toBe(sent);
  });
});

describe('restored from a backup, with Stripe ahead', () => {
  /** The database as it was before the invoice was issued: Stripe has it, and nothing here knows. */
  async function restore(setting: IssueSetting, status: 'approved' | 'rated' | 'gone', amounts: readonly bigint[]) {
    await setting.db.owner.query('delete from stripe_requests');
    await setting.db.owner.query(
      'set session_replication_role = replica; delete from invoices; set session_replication_role = origin',
    );
    if (status !== 'gone') await setting.keep({ status, amounts });
    // The keys of then are forgotten: only what stands in Stripe can tell.
    setting.stripe.advanceClock(30 * 24 * 3_600_000);
  }

  test('promise 4: nothing is issued twice: what stands there is adopted, and the difference is gone', async () => {
    const setting = await issued();
    await restore(setting, 'approved', [1_000n, 500n]);
    expect(await summary(setting)).toMatchObject({ open: 1 });
    expect(await differences(setting)).toMatchObject([{ kind: 'ahead_in_stripe', here: 'approved', there: 'open' }]);
    expect(await setting.issue()).toMatchObject({ kind: 'issued', stripeInvoiceId: copyOf(setting) });
    expect(setting.stripe.invoices()).toHaveLength(1);
    expect(await summary(setting)).toMatchObject({ open: 0, resolved: 1 });
  });

  test('promise 15: rated anew with another amount it is named, stops, and is never issued beside the first', async () => {
    const setting = await issued();
    await restore(setting, 'approved', [1_000n, 600n]);
    expect(await setting.issue()).toMatchObject({ kind: 'failed', reason: 'stripe_differs' });
    expect(setting.stripe.invoices()).toHaveLength(1);
    await look(setting);
    expect(await differences(setting)).toMatchObject([
      { kind: 'ahead_in_stripe', here: 'stripe_failed', there: 'open' },
    ]);
  });

  test('an invoice that is only rated again, or not there at all, is named', async () => {
    const rated = await issued();
    await restore(rated, 'rated', [1_000n, 500n]);
    await look(rated);
    expect(await differences(rated)).toMatchObject([{ kind: 'ahead_in_stripe', here: 'rated', there: 'open' }]);
    const gone = await issued();
    await restore(gone, 'gone', []);
    await look(gone);
    expect(await differences(gone)).toMatchObject([{ kind: 'missing_here', place: INVOICE, there: 'open, 1500 usd' }]);
  });
});
