import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { utcDay } from '../../shared/calendar/utc-day.ts';
import { openStripeClient } from '../../shared/stripe/client.ts';
import { stripeCustomerSchema } from '../../shared/stripe/objects.ts';
import { postRequest } from '../../shared/stripe/request.ts';
import { sendRequest } from '../../shared/stripe/send.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { PrometheusStandIn } from '../local-cloud/prometheus/server.ts';
import { type StripeStandIn, startStripeStandIn } from '../local-cloud/stripe/server.ts';
import { NO_PACE } from '../stripe/no-pace.ts';
import { daybook } from './command-line.ts';
import { EFFECTS, ratedMonth } from './month.ts';
import { addRequestsSource } from './requests-source.ts';

describe('run issue, with Stripe at the other end', () => {
  const KEY = 'sk_test_daybook';
  let db: TestDatabase;
  let stripe: StripeStandIn;

  beforeEach(async () => {
    db = await ratedMonth();
    stripe = await startStripeStandIn({ port: 0 });
    const client = await openStripeClient({ apiBase: stripe.url, secretKey: KEY, timeoutMs: 2_000 }, EFFECTS, NO_PACE);
    const request = postRequest('create', '/v1/customers', 'customer', { name: 'Acme' });
    const created = await sendRequest(client, request, stripeCustomerSchema);
    if (created.kind !== 'ok') throw new Error(created.kind);
    await db.owner.query(`update customers set stripe_customer_id = $1 where customer_id = 'acme'`, [
      created.object.id,
    ]);
    await run('run', 'approve', '2026-10', '--as', 'person:fay', '--why', 'looked right');
  });
  afterEach(async () => {
    await stripe.close();
    await db.remove();
  });

  const run = (...words: string[]) => {
    const environment = { STRIPE_API_KEY: KEY, STRIPE_API_BASE: stripe.url };
    return daybook(words, { database: db.database, effects: EFFECTS, environment });
  };
  const issue = () => run('run', 'issue', '2026-10', '--as', 'person:omar', '--json');

  test('brings the invoice to Stripe, ends the run, and finds nothing left when repeated (promise 4)', async () => {
    const first = await issue();
    expect(first.json()).toMatchObject({ invoices: [{ invoice: '2026-10/acme/usage', outcome: 'issued' }], held: 0 });
    expect(first.published.map(({ topic }) => topic)).toContain('invoice.issued');
    expect(first.code).toBe(0);
    expect((await issue()).json()).toMatchObject({ invoices: [] });
    expect(stripe.invoices().map(({ status, total }) => [status, total])).toEqual([['open', 71_015]]);
    expect((await run('run', 'show', '2026-10', '--json')).json()).toMatchObject({ status: 'issued' });
    expect((await run('invoice', 'show', '2026-10/acme/usage')).out).toMatch(/Stripe +in_/);
  });

  test('what was voided is billed anew by two people, and only then the month can be closed', async () => {
    await issue();
    const invoice = '2026-10/acme/usage';
    const why = ['--why', 'wrong address', '--as'];
    await run('invoice', 'void', invoice, ...why, 'person:omar');
    await run('invoice', 'void', invoice, '--approve', ...why, 'person:fay');
    const early = await run('run', 'close', '2026-10', ...why, 'person:fay');
    expect(early).toMatchObject({ code: 1, err: expect.stringContaining(`daybook invoice reissue ${invoice}`) });
    const reissued = await run('invoice', 'reissue', invoice, ...why, 'person:omar');
    expect(reissued.out).toContain(`billed anew: ${invoice}/2 in place of ${invoice}, by person:omar`);
    expect(reissued.out).toContain(`next: daybook invoice approve ${invoice}/2 --why "…", by somebody else`);
    expect((await run('invoice', 'show', invoice)).out).toContain(`billed anew as  ${invoice}/2`);
    expect((await run('invoice', 'show', `${invoice}/2`)).out).toContain(`in place of  ${invoice}, which is void`);
    expect(await run('invoice', 'reissue', invoice, ...why, 'person:omar')).toMatchObject({
      code: 1,
      err: expect.stringContaining(`is billed by ${invoice}/2`),
    });
    expect(await run('invoice', 'approve', `${invoice}/2`, ...why, 'person:ben')).toMatchObject({ code: 0 });
    expect((await issue()).json()).toMatchObject({ invoices: [{ invoice: `${invoice}/2`, outcome: 'issued' }] });
    expect(stripe.invoices().map(({ status, total }) => [status, total])).toEqual([
      ['void', 71_015],
      ['open', 71_015],
    ]);
    // Nobody pays for birch’s requests, which a person has accepted.
    const leave = ['--leave', 'exception:1'];
    expect(await run('run', 'close', '2026-10', ...leave, ...why, 'person:fay')).toMatchObject({ code: 0 });
  });

  test('a lost connection exits 1 with the reason and an exception, and the next time it goes on to one invoice', async () => {
    stripe.faults.add({ method: 'POST', path: '/v1/invoices', call: 1, fault: { kind: 'drop_reply' } });
    const failed = await run('run', 'issue', '2026-10', '--as', 'person:omar');
    expect(failed.out).toContain('0 invoices issued, 1 failed');
    expect(failed.out).toContain('failed: stripe_');
    expect(failed.code).toBe(1);
    expect((await run('exceptions', 'list')).out).toContain('issuing_failed  2026-10/acme/usage');
    expect(await issue()).toMatchObject({ code: 0 });
    expect(stripe.invoices()).toHaveLength(1);
    expect((await run('exceptions', 'list')).out).not.toContain('issuing_failed');
  });
});

describe('usage aggregate, with Prometheus at the other end', () => {
  const DAY = utcDay('2026-10-02');
  const HOUR_MS = 3_600_000;
  let db: TestDatabase;
  let prometheus: PrometheusStandIn;
  let url: string;

  beforeEach(async () => {
    db = await createTestDatabase();
    await db.owner.query(
      `insert into principals values ('person:omar', 'person', '{operator}', null), ('person:ana', 'person', '{author}', null),
       ('person:ben', 'person', '{approver}', null)`,
    );
    await db.owner.query(`insert into regions values ('us-east', 'US', '2026-10-01', null)`);
    await db.owner.query(`insert into metrics values ('requests', 'API requests', 'request', 'sum', 1)`);
    const instants = Array.from({ length: 72 }, (_, hour) => Date.parse('2026-10-01T00:30:00Z') + hour * HOUR_MS);
    const series = {
      name: 'api_requests_total',
      labels: { project: 'acme-app', region: 'us-east' },
      decimals: 0,
      instants,
      values: instants.map((_, hour) => hour * 10),
    };
    prometheus = new PrometheusStandIn([series]);
    url = await prometheus.listen();
    await addRequestsSource(db.database, EFFECTS);
  });
  afterEach(async () => {
    await prometheus.close();
    await db.remove();
  });

  const aggregate = (...options: string[]) =>
    daybook(['usage', 'aggregate', '--region', 'us-east', '--day', DAY, '--as', 'person:omar', ...options], {
      database: db.database,
      effects: EFFECTS,
      environment: { PROMETHEUS_ENDPOINTS: JSON.stringify({ main: url }) },
    });

  test('24 hours × 10 requests become a checkpoint of 240; a repeat makes no new revision', async () => {
    const first = await aggregate('--json');
    expect(first.json()).toMatchObject({
      sources: [{ source: 'requests', outcome: 'complete', checkpoint: 'us-east/requests/2026-10-02@1', rows: 1 }],
    });
    expect(first.published.map(({ topic }) => topic)).toEqual(['usage.checkpointed']);
    expect((await db.owner.query('select quantity::text from usage_daily')).rows).toEqual([{ quantity: '240' }]);
    const second = await aggregate();
    expect(second.out).toMatch(/requests +unchanged, no new revision +us-east\/requests\/2026-10-02@1/);
    expect(second.code).toBe(0);
  });
});
