import { expect, test } from 'vitest';
import { create } from '../../functions/reconcile-stripe/handler.ts';
import { approveVoid, askVoid } from '../../shared/billing/void-invoice.ts';
import { INVOICE, type IssueSetting, startIssueTest } from '../billing/issue-setting.ts';
import { request, testWorld } from '../console/world.ts';

function nightly({ db, stripe, effects }: IssueSetting) {
  const environment = {
    STRIPE_API_KEY: 'sk_test_daybook',
    STRIPE_API_BASE: stripe.url,
    STRIPE_REQUESTS_PER_SECOND: '1000',
    STRIPE_ENDPOINT_REQUESTS_PER_SECOND: '1000',
  };
  const handler = create(testWorld(db, environment, effects).world);
  return (headers: Readonly<Record<string, string>> = { 'x-cloudscheduler-scheduletime': '2026-12-03T04:30:00Z' }) => {
    effects.move(60_000);
    return handler(request('POST', '/', { headers }));
  };
}

const alerts = async ({ db }: IssueSetting) => (await db.owner.query('select title, severity from alerts')).rows;

test('compares the month and the two before, tells people once of what is new, and answers with what it found', async () => {
  const setting = await startIssueTest();
  await setting.keep();
  await setting.issue();
  const fire = nightly(setting);
  const periods = ['2026-10', '2026-11', '2026-12'].map((period) => ({ period, open: 0 }));
  expect(await fire()).toMatchObject({ status: 200, body: { kind: 'reconciled', periods } });
  expect(await alerts(setting)).toEqual([]);
  setting.stripe.pay(setting.stripe.invoices()[0]?.id ?? '');
  expect(await fire()).toMatchObject({
    status: 200,
    body: { periods: [{ period: '2026-10', open: 1, fresh: 1 }, {}, {}] },
  });
  await fire();
  expect(await alerts(setting)).toEqual([{ title: 'Stripe and Daybook differ about 2026-10', severity: 'critical' }]);
});

test('an invoice that is still open half a year later is compared too, and no longer once it has ended', async () => {
  const setting = await startIssueTest();
  await setting.keep();
  await setting.issue();
  const fire = nightly(setting);
  const later = { 'x-cloudscheduler-scheduletime': '2027-04-03T04:30:00Z' };
  const periodsOf = async () => ((await fire(later)).body as { periods: { period: string }[] }).periods;
  expect((await periodsOf()).map(({ period }) => period)).toEqual(['2026-10', '2027-02', '2027-03', '2027-04']);
  setting.stripe.pay(setting.stripe.invoices()[0]?.id ?? '');
  expect(await periodsOf()).toMatchObject([{ period: '2026-10', open: 1, fresh: 1 }, {}, {}, {}]);
  await setting.db.owner.query(`update invoices set status = 'paid'`);
  expect(await periodsOf()).toMatchObject([{ period: '2026-10', resolved: 1 }, {}, {}, {}]);
  expect(await periodsOf()).toHaveLength(3);
});

test('promise 20: carries out what was approved and left by a crash', async () => {
  const setting = await startIssueTest();
  await setting.keep();
  await setting.issue();
  await askVoid(setting.dependencies, { invoiceId: INVOICE, actor: 'person:ben', why: 'wrong' });
  await approveVoid(setting.dependencies, { invoiceId: INVOICE, actor: 'person:fay', why: 'yes' });
  expect(await nightly(setting)()).toMatchObject({ status: 200, body: { periods: [{ open: 0 }, {}, {}] } });
  expect((await setting.row()).status).toBe('void');
  expect(setting.stripe.invoices()).toMatchObject([{ status: 'void' }]);
});

test('promise 20: an unreadable list is asked for again, and only a scheduler may ask', async () => {
  const setting = await startIssueTest();
  const fire = nightly(setting);
  setting.stripe.faults.add({ method: 'GET', call: 1, fault: { kind: 'server_error', stored: false } });
  expect(await fire()).toMatchObject({ status: 503 });
  expect(await fire()).toMatchObject({ status: 200 });
  expect(await fire({})).toMatchObject({ status: 400 });
});
