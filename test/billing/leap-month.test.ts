import { afterEach, beforeEach, expect, test } from 'vitest';
import { collectRun } from '../../shared/billing/collect-run.ts';
import { releaseInvoice } from '../../shared/billing/invoice-decisions.ts';
import { issueInvoice } from '../../shared/billing/issue-invoice.ts';
import { rateShard } from '../../shared/billing/rate-shard.ts';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { type BillingPeriod, billingPeriod } from '../../shared/calendar/billing-period.ts';
import { daysOf, utcDay } from '../../shared/calendar/utc-day.ts';
import { activateContract, approveContract, draftContract } from '../../shared/catalogue/contracts.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { decimal } from '../../shared/exact/decimal.ts';
import type { StripeClient } from '../../shared/stripe/client.ts';
import { aggregateDay } from '../../shared/usage/aggregate.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { type StripeStandIn, startStripeStandIn } from '../local-cloud/stripe/server.ts';
import { createCustomer, openClient } from '../stripe/stand-in.ts';
import { readerOf } from '../usage/reading.ts';
import { seedWorld } from '../usage/seed.ts';
import { putInForce } from './demo-month.ts';
import { EFFECTS, REGIONS } from './month.ts';

const effects: Effects = { ...EFFECTS, now: () => new Date('2028-03-02T02:00:00Z') };

/** A fee of 310 dinar a month by days, and 0.100 for each request. */
const PLAN = {
  plan: 'in-dinar',
  title: 'In dinar',
  currency: 'kwd',
  metrics: { requests: { unit: 'request', rollup: 'sum' } },
  parameters: { fee: { value: '310', unit: 'kwd' }, price: { value: '0.1', unit: 'kwd/request' } },
  lines: [
    { key: 'fee', label: 'Fee', formula: 'fee * active_days / period_days' },
    { key: 'requests', label: 'Requests', quantity: 'requests', formula: 'requests * price' },
  ],
};

let db: TestDatabase;
let stripe: StripeStandIn;
let client: StripeClient;

beforeEach(async () => {
  db = await createTestDatabase(effects);
  stripe = await startStripeStandIn({ port: 0, now: () => effects.now() });
  client = await openClient(stripe.url);
  await seedWorld(db.owner, { customers: ['acme', 'birch', 'cedar'], from: '2028-01-31', to: '2028-03-02' });
  const planVersion = await putInForce(db, PLAN);
  await contract('acme', planVersion, '2028-01-31', '2028-02-29');
  await contract('birch', planVersion, '2028-01-31', null);
  await contract('cedar', planVersion, '2028-01-31', null);
  for (const customer of ['acme', 'birch'])
    await db.owner.query('update customers set stripe_customer_id = $2 where customer_id = $1', [
      customer,
      await createCustomer(client, customer),
    ]);
  await db.owner.query(`update customers set stripe_customer_id = null where customer_id = 'cedar'`);
  for (const day of daysOf({ from: utcDay('2028-01-31'), to: utcDay('2028-03-02') })) await useTenRequests(day);
}, 60_000);
afterEach(async () => {
  await stripe.close();
  await db.remove();
});

async function contract(customerId: string, usagePlanVersion: string, startsOn: string, endsOn: string | null) {
  const contractId = `${customerId}-1`;
  const deps = { database: db.database, effects };
  const terms = { contractId, customerId, mode: 'usage', usagePlanVersion, startsOn } as const;
  await draftContract(deps, { ...terms, ...(endsOn === null ? {} : { endsOn }), author: 'person:ana' });
  await approveContract(deps, { contractId, approver: 'person:ben', acknowledged: [], why: 'test' });
  expect(await activateContract(deps, { contractId, actor: 'person:ana', why: 'test' })).toMatchObject({
    kind: 'done',
  });
}

/** In each region; birch uses a little more, so that its amounts have a third digit. */
async function useTenRequests(day: ReturnType<typeof utcDay>): Promise<void> {
  const rows = Object.entries({ 'acme-app': '10', 'birch-app': '10.01', 'cedar-app': '10' });
  const reading = {
    kind: 'complete' as const,
    rows: rows.map(([project, quantity]) => ({ project, quantity: decimal(quantity) })),
    evidence: { queries: [], facts: {} },
  };
  for (const region of REGIONS) {
    const work = { region, day, snapshotAt: effects.now(), actor: 'service:aggregate-usage', why: 'test' };
    const openReader = async () => readerOf(reading);
    expect(await aggregateDay({ database: db.database, effects, openReader }, work)).toMatchObject({
      kind: 'aggregated',
    });
  }
}

/** The whole month, from its completeness to Stripe, with the releases of its review; returns its invoices and their lines. */
async function bill(period: BillingPeriod, released: readonly string[] = []) {
  const as = (actor: string) => ({ actor, why: 'test' });
  await db.database.transaction(as('service:validate-usage'), (transaction) =>
    collectRun(transaction, effects, period),
  );
  await db.database.transaction(as('service:price-usage'), (transaction) =>
    rateShard(transaction, effects, { runId: period, fencingToken: 1, shard: 0 }),
  );
  const deps = { database: db.database, effects };
  for (const invoiceId of released)
    expect(await releaseInvoice(deps, { invoiceId, actor: 'person:ben', why: 'January had one day' })).toMatchObject({
      kind: 'done',
    });
  const signOff = await approveRun(deps, { runId: period, approver: 'person:fay', why: 'reviewed' });
  if (signOff.kind === 'refused') throw new Error(signOff.reason);
  for (const invoice of signOff.invoices)
    await issueInvoice({ ...deps, stripe: async () => client }, invoice, 'service:issue-invoices');
  const { rows } = await db.owner.query(
    `select customer_id, status::text, total::int, split_part(hold_reason, ':', 1) as reason,
       (select array_agg(c.amount::int order by c.position) from charges c where c.invoice_id = i.invoice_id) as lines
     from invoices i where run_id = $1 order by customer_id`,
    [period],
  );
  return rows;
}

const inStripe = (period: string) =>
  stripe
    .invoices()
    .filter(({ metadata }) => metadata.daybook_period === period)
    .map(({ id, metadata, currency, total, status }) => ({
      customer: metadata.daybook_customer_id,
      currency,
      total,
      status,
      lines: stripe.linesOf(id).map(({ amount }) => amount),
    }));

test('a contract in dinar from 31 January until 29 February 2028 is billed 1 of 31 and 28 of 29 days, and in March not at all', async () => {
  // 310 / 31 = 10.000, and 2 regions × 10 × 0.1 = 2.000; birch's 2.002 has a third digit, which Stripe cannot hold.
  expect(await bill(billingPeriod('2028-01'))).toEqual([
    { customer_id: 'acme', status: 'finalized', total: 12_000, reason: null, lines: [10_000, 2_000] },
    { customer_id: 'birch', status: 'held', total: 12_002, reason: 'not_representable', lines: [10_000, 2_002] },
    { customer_id: 'cedar', status: 'held', total: 12_000, reason: 'unmapped_customer', lines: [10_000, 2_000] },
  ]);
  expect(inStripe('2028-01')).toEqual([
    { customer: 'acme', currency: 'kwd', total: 12_000, status: 'open', lines: [10_000, 2_000] },
  ]);
  // acme: 310 × 28 / 29 = 299.3103… = 299.310, and 28 × 2 × 10 × 0.1 = 56.000. The others: all of 29 days.
  // It is held as a large change after one day of January, and released.
  expect(await bill(billingPeriod('2028-02'), ['2028-02/acme/usage'])).toEqual([
    { customer_id: 'acme', status: 'finalized', total: 355_310, reason: null, lines: [299_310, 56_000] },
    { customer_id: 'birch', status: 'held', total: 368_058, reason: 'not_representable', lines: [310_000, 58_058] },
    { customer_id: 'cedar', status: 'held', total: 368_000, reason: 'unmapped_customer', lines: [310_000, 58_000] },
  ]);
  expect(inStripe('2028-02')).toEqual([
    { customer: 'acme', currency: 'kwd', total: 355_310, status: 'open', lines: [299_310, 56_000] },
  ]);
  const { rows } = await db.owner.query(`select reason from invoice_holds where invoice_id = '2028-02/acme/usage'`);
  expect(rows).toEqual([{ reason: 'changed_since_last_period' }]);
  expect((await bill(billingPeriod('2028-03'))).map(({ customer_id }) => customer_id)).toEqual(['birch', 'cedar']);
});
