import { afterAll, beforeAll, expect, test } from 'vitest';
import { closeRun } from '../../shared/billing/close-run.ts';
import { collectRun } from '../../shared/billing/collect-run.ts';
import { issueInvoice } from '../../shared/billing/issue-invoice.ts';
import { rateShard } from '../../shared/billing/rate-shard.ts';
import { SHARD_LIMITS } from '../../shared/billing/shards.ts';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { addDays, daysOf, utcDay } from '../../shared/calendar/utc-day.ts';
import { billingRunFind, runShardList } from '../../shared/database/queries.generated.ts';
import { decimal } from '../../shared/exact/decimal.ts';
import type { StripeClient } from '../../shared/stripe/client.ts';
import { aggregateDay } from '../../shared/usage/aggregate.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { type StripeStandIn, startStripeStandIn } from '../local-cloud/stripe/server.ts';
import { scaled } from '../scale.ts';
import { createCustomer, openClient } from '../stripe/stand-in.ts';
import { readerOf } from '../usage/reading.ts';
import { putInForce } from './demo-month.ts';
import { EFFECTS, PERIOD } from './month.ts';

const CUSTOMERS = scaled(40, 2_000);
const PROJECTS_PER_CUSTOMER = scaled(2, 4);
const DAYS = scaled(3, 31);
const REGIONS = ['us-east', 'eu-west', 'asia-south'] as const;
const FIRST_DAY = utcDay('2026-10-01');
const LAST_DAY = addDays(FIRST_DAY, DAYS);
/** The everyday month is cut as well. */
const LIMITS = { ...SHARD_LIMITS, customers: scaled(15, SHARD_LIMITS.customers) };
const WORKERS = 4;
const MINUTES = 60_000;

const customers = Array.from({ length: CUSTOMERS }, (_, index) => `c${String(index).padStart(4, '0')}`);
const projects = customers.flatMap((customer) =>
  Array.from({ length: PROJECTS_PER_CUSTOMER }, (_, index) => `${customer}-p${index}`),
);

/** A fee, requests in tiers, and data for each project; in dollars and in yen, by turns. */
const plan = (currency: 'usd' | 'jpy') => ({
  plan: `month-in-${currency}`,
  title: 'A month',
  currency,
  metrics: { requests: { unit: 'request', rollup: 'sum' }, data_gb: { unit: 'GB', rollup: 'sum' } },
  parameters: { fee: { value: '49', unit: currency }, per_gb: { value: '0.1337', unit: `${currency}/GB` } },
  rates: {
    rate: {
      per: 'request',
      flatAtZero: false,
      tiers: [
        { upTo: '10000', unitPrice: '0.0037' },
        { upTo: null, unitPrice: '0.0011', flat: '5' },
      ],
    },
  },
  lines: [
    { key: 'fee', label: 'Fee', formula: 'fee' },
    { key: 'requests', label: 'Requests', quantity: 'requests', formula: 'graduated(requests, rate)' },
    { key: 'data', label: 'Data', per: 'project', quantity: 'data_gb', formula: 'data_gb * per_gb' },
  ],
});

/** The same month by PostgreSQL's numeric, from the rows alone: nothing of the rating is used. round() is half away from zero. */
const RECOMPUTED = `
  with billed as (
    select k.customer_id, case when v.plan = 'month-in-jpy' then 0 else 2 end as places
    from contracts k join plan_versions v on v.plan_version = k.usage_plan_version
  ), requests as (
    select customer_id, sum(quantity) as q from usage_daily where metric = 'requests' group by 1
  ), data as (
    select customer_id, sum(round(q * 0.1337, places)) as amount
    from (select customer_id, project_id, sum(quantity) filter (where metric = 'data_gb') as q from usage_daily group by 1, 2) d join billed using (customer_id) group by 1
  )
  select customer_id, ((49 + round(case when q <= 10000 then q * 0.0037 else 37 + 5 + (q - 10000) * 0.0011 end, places) + amount) * 10 ^ places)::bigint::text as total
  from billed join requests using (customer_id) join data using (customer_id) order by customer_id`;

let db: TestDatabase;
let stripe: StripeStandIn;
let client: StripeClient;

beforeAll(async () => {
  db = await createTestDatabase();
  stripe = await startStripeStandIn({ port: 0 });
  client = await openClient(stripe.url);
  await seedCatalogue();
  await seedUsage();
}, 15 * MINUTES);
afterAll(async () => {
  await stripe.close();
  await db.remove();
});

async function seedCatalogue(): Promise<void> {
  const { owner } = db;
  await owner.query(
    `insert into principals (principal, kind, roles) values ('person:ana', 'person', '{author}'), ('person:ben', 'person', '{approver}'), ('person:fay', 'person', '{finance}')`,
  );
  await owner.query(
    `insert into regions (region, bigquery_location, active_from) select r, 'US', '2026-09-01' from unnest($1::text[]) r`,
    [REGIONS],
  );
  await owner.query(
    `insert into metrics values ('requests', 'Requests', 'request', 'sum', 1), ('data_gb', 'Data', 'GB', 'sum', 1)`,
  );
  await owner.query(
    `insert into usage_sources (source_id, version, metric, region, configuration, configuration_digest, active_from, active_to)
     select replace(m.metric, '_', '-'), 1, m.metric, r.region, '{}', 'sha256:configuration', $1::date, $2::date from regions r, metrics m`,
    [FIRST_DAY, LAST_DAY],
  );
  const inStripe: string[] = [];
  await inParallel(customers, async (customer) => {
    inStripe[customers.indexOf(customer)] = await createCustomer(client, customer);
  });
  await owner.query('insert into customers select c, c, s from unnest($1::text[], $2::text[]) r (c, s)', [
    customers,
    inStripe,
  ]);
  await owner.query('insert into projects select unnest($1::text[])', [projects]);
  await owner.query(
    `insert into project_ownerships select p, split_part(p, '-', 1), '2026-09-01' from unnest($1::text[]) p`,
    [projects],
  );
  const versions = [await putInForce(db, plan('usd')), await putInForce(db, plan('jpy'))];
  const as = (actor: string) => owner.query("select set_config('daybook.actor', $1, false)", [actor]);
  await as('person:ana');
  await owner.query(
    `insert into contracts (contract_id, customer_id, mode, usage_plan_version, starts_on, status, author, diagnostics)
     select c || '-1', c, 'usage', ($2::text[])[1 + (n % 2)], '2026-10-01', 'draft', 'person:ana', '[]' from unnest($1::text[]) with ordinality r (c, n)`,
    [customers, versions],
  );
  await as('person:ben');
  await owner.query(`update contracts set status = 'approved', approver = 'person:ben'`);
  await owner.query(`update contracts set status = 'active'`);
  await as('');
}

async function seedUsage(): Promise<void> {
  let salt = 0;
  for (const day of daysOf({ from: FIRST_DAY, to: LAST_DAY })) {
    for (const region of REGIONS) {
      for (const source of ['requests', 'data-gb']) {
        salt += 1;
        const rows = projects.map((project, index) => {
          // Without a pattern, and never so far from the days before that it would be held.
          const figure = 40_000 + ((index * 7_919 + salt * 104_729) % 59_981);
          return {
            project,
            quantity: decimal(
              source === 'requests' ? `${figure}` : `${200 + (figure % 397)}.${String(figure).padStart(5, '0')}`,
            ),
          };
        });
        const reading = { kind: 'complete' as const, rows, evidence: { queries: [], facts: {} } };
        const work = { region, source, day, snapshotAt: EFFECTS.now(), actor: 'service:aggregate-usage', why: 'test' };
        const openReader = async () => readerOf(reading);
        expect(await aggregateDay({ database: db.database, effects: EFFECTS, openReader }, work)).toMatchObject({
          kind: 'aggregated',
        });
      }
    }
  }
}

async function inParallel<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = [...items];
  const worker = async () => {
    for (let item = left.shift(); item !== undefined; item = left.shift()) await work(item);
  };
  await Promise.all(Array.from({ length: WORKERS }, worker));
}

const run = async () => {
  const found = await db.database.first(billingRunFind, { run_id: PERIOD });
  if (!found) throw new Error('there is no run');
  return found;
};
const totals = async () =>
  (await db.owner.query('select customer_id, total::text from invoices order by customer_id')).rows;
const breaches = async (query: string) => (await db.owner.query(query)).rows;

test(
  `a month of ${CUSTOMERS} customers, ${PROJECTS_PER_CUSTOMER} projects each, 3 regions and ${DAYS} days closes, and each figure is that of the rows`,
  async () => {
    const times: Record<string, number> = {};
    const timed = async (part: string, work: () => Promise<unknown>) => {
      const begun = performance.now();
      await work();
      times[part] = Math.round(performance.now() - begun);
    };
    const as = (actor: string) => ({ actor, why: 'the month is closed' });

    await timed('collect', () =>
      db.database.transaction(as('service:validate-usage'), (transaction) =>
        collectRun(transaction, EFFECTS, PERIOD, LIMITS),
      ),
    );
    const shards = await db.database.rows(runShardList, { run_id: PERIOD, fencing_token: 1 });
    expect(shards.reduce((sum, shard) => sum + shard.customers, 0)).toBe(CUSTOMERS);
    const ofShard: number[] = [];
    await timed('rate', () =>
      inParallel(shards.toReversed(), async ({ shard }) => {
        const begun = performance.now();
        await db.database.transaction(as('service:price-usage'), (transaction) =>
          rateShard(transaction, EFFECTS, { runId: PERIOD, fencingToken: 1, shard }),
        );
        ofShard.push(Math.round(performance.now() - begun));
      }),
    );
    expect((await run()).status).toBe('in_review');
    expect(await totals()).toEqual((await db.owner.query(RECOMPUTED)).rows);

    const { review_digest: reviewed } = await run();
    await timed('approve', () =>
      approveRun(
        { database: db.database, effects: EFFECTS },
        { runId: PERIOD, approver: 'person:fay', why: 'reviewed', reviewed },
      ),
    );
    expect(await run()).toMatchObject({ status: 'issuing', reviewed_digest: reviewed });
    const issuing = { database: db.database, effects: EFFECTS, stripe: async () => client };
    const invoices = (await db.owner.query('select invoice_id from invoices order by invoice_id')).rows;
    await timed('issue', () =>
      inParallel(invoices, async ({ invoice_id: invoiceId }) => {
        expect(await issueInvoice(issuing, invoiceId, 'service:issue-invoices')).toMatchObject({ kind: 'issued' });
      }),
    );
    expect((await run()).status).toBe('issued');
    const inStripe = stripe
      .invoices()
      .map(({ metadata, total }) => ({ customer_id: metadata.daybook_customer_id, total: `${total}` }));
    expect(inStripe.sort((a, b) => ((a.customer_id ?? '') < (b.customer_id ?? '') ? -1 : 1))).toEqual(await totals());

    await timed('close', async () =>
      expect(
        await closeRun(
          { database: db.database, effects: EFFECTS },
          { runId: PERIOD, actor: 'person:fay', why: 'done', leave: [] },
        ),
      ).toEqual({ kind: 'closed', leftOpen: [] }),
    );
    process.stdout.write(
      `month of ${CUSTOMERS} customers, ms: ${JSON.stringify({ ...times, shards: shards.length, slowestShard: Math.max(...ofShard) })}\n`,
    );
  },
  30 * MINUTES,
);

test('promise 2: the lines of each invoice add up to its subtotal', async () => {
  expect(
    await breaches(
      `select i.invoice_id from invoices i join charges c using (invoice_id) group by i.invoice_id having sum(c.amount) <> i.subtotal or i.total <> i.subtotal`,
    ),
  ).toEqual([]);
});

test('promise 5: each billed quantity is the sum of its rows, and each row is in one line', async () => {
  expect(
    await breaches(`with lines as (
        select customer_id, case when line_key = 'requests' then 'requests' else 'data_gb' end as metric, sum(quantity::numeric) as billed from charges where quantity is not null group by 1, 2)
      select * from lines full join (select customer_id, metric, sum(quantity) as used from usage_daily group by 1, 2) u using (customer_id, metric) where billed is distinct from used`),
  ).toEqual([]);
  expect(await breaches(`select invoice_id from invoices where document::jsonb -> 'exclusions' <> '[]'`)).toEqual([]);
});

test('promise 6: each line names the digests of formula, plan, parameters and usage', async () => {
  expect(
    await breaches(
      `select * from charges where not (array[formula_digest, plan_version, parameters_digest, usage_digest] <@ array(select d from unnest(array[formula_digest, plan_version, parameters_digest, usage_digest]) d where d ~ '^sha256:[0-9a-f]{64}$'))`,
    ),
  ).toEqual([]);
});

test('promise 8: only listed transitions were made, and the closed run makes none', async () => {
  expect(
    await breaches(`select l.* from audit_log l where l.detail ? 'from' and not exists (select from state_transitions t
      where t.entity = split_part(l.action, '.', 1) and t.from_state = l.detail ->> 'from' and t.to_state = l.detail ->> 'to')`),
  ).toEqual([]);
  await expect(db.owner.query(`update billing_runs set status = 'collecting'`)).rejects.toThrow(
    /cannot go from "closed"/,
  );
});

test('promise 14: no line is further than half a minor unit from its exact value', async () => {
  expect(
    await breaches(`select l.* from (select c.*, split_part(exact, '/', 1)::numeric as top, coalesce(nullif(split_part(exact, '/', 2), ''), '1')::numeric as bottom,
        case when currency = 'jpy' then 1 else 100 end as minor from charges c) l where abs(2 * minor * top - 2 * amount * bottom) > bottom`),
  ).toEqual([]);
});
