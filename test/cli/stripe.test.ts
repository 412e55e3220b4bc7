import { describe, expect, test } from 'vitest';
import { INVOICE, type IssueSetting, type SettingOptions, startIssueTest } from '../billing/issue-setting.ts';
import { daybook } from './command-line.ts';

async function start(options: SettingOptions = {}) {
  const setting = await startIssueTest(options);
  const environment = {
    STRIPE_API_KEY: 'sk_test_daybook',
    STRIPE_API_BASE: setting.stripe.url,
    STRIPE_REQUESTS_PER_SECOND: '1000',
    STRIPE_ENDPOINT_REQUESTS_PER_SECOND: '1000',
  };
  const { database } = setting.db;
  const run = (...words: string[]) => daybook(words, { database, effects: setting.effects, environment });
  return { ...setting, run };
}

async function issued(options: SettingOptions = {}) {
  const setting = await start(options);
  await setting.keep();
  await setting.issue();
  return setting;
}

const copyOf = ({ stripe }: IssueSetting) => stripe.invoices()[0]?.id ?? '';

describe('invoice void', () => {
  const ask = ['invoice', 'void', INVOICE, '--why', 'wrong customer', '--as'];

  test('promise 23: one person asks, another approves and carries it out', async () => {
    const { run, stripe, row } = await issued();
    const asked = await run(...ask, 'person:omar');
    expect(asked.out).toContain('Somebody else approves it: daybook invoice void 2026-10/acme/usage --approve');
    expect(asked.code).toBe(0);
    expect(stripe.invoices()).toMatchObject([{ status: 'open' }]);
    const voided = await run(...ask, 'person:fay', '--approve');
    expect(voided.out).toContain(
      'is void, in Stripe and here. It is billed to nobody now; while its run is open, daybook invoice reissue',
    );
    expect(voided.code).toBe(0);
    expect((await row()).status).toBe('void');
    expect(stripe.invoices()).toMatchObject([{ status: 'void' }]);
  });

  test('of a closed run is told, before it is done, not to be billed anew', async () => {
    const { run, db } = await issued();
    expect((await run(...ask, 'person:omar')).out).not.toContain('closed');
    await run(...ask, 'person:omar', '--withdraw');
    await db.owner.query(`set session_replication_role = replica`);
    await db.owner.query(`update billing_runs set status = 'closed'`);
    expect((await run(...ask, 'person:omar')).out).toContain(
      'Its run is closed: what is voided now is billed to nobody',
    );
  });

  test('who asked cannot approve; an operator has not the role; without a request there is nothing to approve', async () => {
    const { run } = await issued();
    expect(await run(...ask, 'person:fay', '--approve')).toMatchObject({
      code: 1,
      err: expect.stringContaining('asks for one'),
    });
    await run(...ask, 'person:fay');
    expect(await run(...ask, 'person:fay', '--approve')).toMatchObject({
      code: 1,
      err: expect.stringContaining('a second person must'),
    });
    expect(await run(...ask, 'person:omar', '--approve')).toMatchObject({
      code: 1,
      err: expect.stringContaining('has not the role'),
    });
    expect(await run(...ask, 'person:ana')).toMatchObject({
      code: 1,
      err: expect.stringContaining('has the role author'),
    });
  });

  test('a lost answer leaves the void approved; the same command ends it', async () => {
    const { run, stripe, row } = await issued({ timeoutMs: 500 });
    await run(...ask, 'person:omar');
    stripe.faults.add({ path: '/void', call: 1, fault: { kind: 'drop_reply' } });
    const first = await run(...ask, 'person:fay', '--approve');
    expect(first.out).toContain('could not be voided yet');
    expect(first.code).toBe(1);
    expect(await run(...ask, 'person:fay', '--approve')).toMatchObject({ code: 0 });
    expect((await row()).status).toBe('void');
  });

  test('what is withdrawn is asked for no more; a reason that says nothing is wrong usage', async () => {
    const { run } = await issued();
    await run(...ask, 'person:omar');
    expect(await run(...ask, 'person:omar', '--withdraw')).toMatchObject({ code: 0 });
    expect(await run(...ask, 'person:fay', '--approve')).toMatchObject({ code: 1 });
    expect(await run('invoice', 'void', INVOICE, '--why', ' ', '--as', 'person:omar')).toMatchObject({ code: 2 });
    expect(await run(...ask, 'person:fay', '--approve', '--withdraw')).toMatchObject({ code: 2 });
  });
});

describe('customers', () => {
  test('map --create makes the customer in Stripe, and the held invoice goes on', async () => {
    const { run, keep, issue, stripe } = await start({ mapped: false });
    await keep();
    await issue();
    expect((await run('customers', 'list')).out).toMatch(/acme +acme +usage +not mapped/);
    const mapped = await run('customers', 'map', 'acme', '--create', '--why', 'contract 17', '--as', 'person:omar');
    expect(mapped.out).toContain(`invoice ${INVOICE} was held for it and goes on`);
    expect(mapped.published.map(({ topic }) => topic)).toContain('invoice.approved');
    expect(stripe.customers()).toHaveLength(1);
    expect((await run('customers', 'list', '--json')).json()).toMatchObject({
      customers: [{ customer: 'acme', stripeCustomer: stripe.customers()[0]?.id }],
    });
  });

  test('map names the customer in Stripe or makes one, not both; what Stripe does not know is refused', async () => {
    const { run } = await start({ mapped: false });
    const map = (...words: string[]) => run('customers', 'map', 'acme', ...words, '--why', 'x', '--as', 'person:fay');
    expect(await map()).toMatchObject({ code: 2 });
    expect(await map('cus_1', '--create')).toMatchObject({ code: 2 });
    expect(await map('cus_nobody')).toMatchObject({
      code: 1,
      err: expect.stringContaining('Stripe knows no customer cus_nobody'),
    });
  });
});

describe('reconcile', () => {
  const reconcile = ['reconcile', '--period', '2026-10', '--as', 'person:fay'];

  test('equal exits 0; a difference exits 1 with its place, until finance accepts it', async () => {
    const setting = await issued();
    const { run, stripe, effects } = setting;
    const equal = await run(...reconcile);
    expect(equal.out).toContain('1 invoice here, 1 in Stripe, equal');
    expect(equal.code).toBe(0);
    stripe.pay(copyOf(setting));
    effects.move(1_000);
    const different = await run(...reconcile);
    expect(different.out).toMatch(/1 +status +open +2026-10\/acme\/usage +finalized +paid/);
    expect(different.code).toBe(1);
    expect(await run('reconcile', 'accept', '1', '--as', 'person:omar', '--why', 'x')).toMatchObject({ code: 1 });
    expect(await run('reconcile', 'accept', '1', '--as', 'person:fay', '--why', 'paid by cheque')).toMatchObject({
      code: 0,
    });
    effects.move(1_000);
    expect((await run(...reconcile, '--json')).json()).toMatchObject({
      differences: [{ kind: 'status', status: 'accepted', acceptedBy: 'person:fay', why: 'paid by cheque' }],
    });
  });

  test('names what to do about a status that its webhook did not bring, and does it', async () => {
    const setting = await issued();
    const { run, stripe, effects } = setting;
    stripe.pay(copyOf(setting));
    effects.move(1_000);
    expect((await run(...reconcile)).out).toContain(
      'status: its webhook was lost, or is on its way: daybook reconcile follow',
    );
    const followed = await run('reconcile', 'follow', '1', '--as', 'person:fay', '--why', 'the endpoint was down');
    expect(followed.out).toContain('was finalized and is paid, as in Stripe');
    effects.move(1_000);
    expect((await run(...reconcile)).code).toBe(0);
    expect(await run('reconcile', 'follow', '1', '--as', 'person:omar', '--why', 'x')).toMatchObject({ code: 1 });
  });

  test('wants a month, and a number to accept', async () => {
    const { run } = await issued();
    expect(await run('reconcile', '--as', 'person:fay')).toMatchObject({ code: 2 });
    expect(await run('reconcile', 'accept', 'one', '--as', 'person:fay', '--why', 'x')).toMatchObject({ code: 2 });
  });
});
