import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FUNCTIONS } from '../../functions/index.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { TOPICS } from '../../shared/events/catalogue.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { PrometheusStandIn } from '../local-cloud/prometheus/server.ts';
import { type Relay, startRelay } from '../local-cloud/relay/server.ts';
import { subscriptionsOf } from '../local-cloud/relay/subscriptions.ts';
import { LocalClock } from '../local-cloud/scheduler/clock.ts';
import { jobsOf } from '../local-cloud/scheduler/jobs.ts';
import { Scheduler } from '../local-cloud/scheduler/scheduler.ts';
import { LOCATION, type SchedulerServer, startSchedulerServer } from '../local-cloud/scheduler/server.ts';
import { type SlackReceiver, startSlackReceiver } from '../local-cloud/slack/server.ts';
import { type StripeStandIn, startStripeStandIn } from '../local-cloud/stripe/server.ts';
import { daybook } from './command-line.ts';
import { addRequestsSource } from './requests-source.ts';

const NOW = new Date('2026-10-03T08:00:00Z');
const HOUR_MS = 3_600_000;
const MANIFESTS = FUNCTIONS.map(({ manifest }) => manifest);

let db: TestDatabase;
let kept: TestDatabase;
let relay: Relay;
let scheduler: Scheduler;
let server: SchedulerServer;
let stripe: StripeStandIn;
let slack: SlackReceiver;
let prometheus: PrometheusStandIn;
let environment: Record<string, string>;

beforeEach(async () => {
  // What the stand-ins keep is apart from what is tested.
  [db, kept] = await Promise.all([createTestDatabase(), createTestDatabase()]);
  prometheus = new PrometheusStandIn([series()]);
  const { url } = kept;
  relay = await startRelay({
    databaseUrl: url,
    project: 'daybook-local',
    subscriptions: subscriptionsOf(MANIFESTS),
    topics: TOPICS,
    endpointOf: () => 'http://127.0.0.1:9/',
    effects: systemEffects(),
    backoff: { minimumMs: 2, maximumMs: 20 },
  });
  scheduler = await Scheduler.open({
    databaseUrl: url,
    jobs: jobsOf(MANIFESTS, ['us-east']),
    clock: new LocalClock(NOW),
    firingsAfter: NOW,
    endpointOf: () => 'http://127.0.0.1:9/',
  });
  server = await startSchedulerServer(scheduler);
  stripe = await startStripeStandIn({ port: 0 });
  slack = await startSlackReceiver(0);
  environment = {
    DATABASE_URL: db.url,
    PUBSUB_ENDPOINT: relay.url,
    SCHEDULER_ENDPOINT: server.url,
    SCHEDULER_LOCATIONS: LOCATION,
    PROMETHEUS_ENDPOINTS: JSON.stringify({ main: await prometheus.listen() }),
    STRIPE_API_KEY: 'sk_test_smoke',
    STRIPE_API_BASE: stripe.url,
    SLACK_WEBHOOK_URL: slack.webhookUrl,
  };
  await seed();
});
afterEach(async () => {
  await Promise.all([server.close(), stripe.close(), slack.close(), prometheus.close()]);
  await Promise.all([relay.stop(), scheduler.close()]);
  await expect
    .poll(async () => {
      const found = await kept.owner.query(
        "select from pg_stat_activity where datname = current_database() and application_name in ('relay', 'scheduler')",
      );
      return found.rowCount;
    })
    .toBe(0);
  await Promise.all([db.remove(), kept.remove()]);
});

function series() {
  const instants = Array.from({ length: 72 }, (_, hour) => Date.parse('2026-10-01T00:30:00Z') + hour * HOUR_MS);
  return {
    name: 'api_requests_total',
    labels: { project: 'acme-app', region: 'us-east' },
    decimals: 0,
    instants,
    values: instants.map((_, hour) => hour * 10),
  };
}

async function seed(): Promise<void> {
  await db.owner.query(
    "insert into principals values ('person:omar', 'person', '{operator}', null), ('person:ana', 'person', '{author}', null), ('person:ben', 'person', '{approver}', null)",
  );
  await db.owner.query("insert into regions values ('us-east', 'US', '2026-10-01', null)");
  await db.owner.query("insert into metrics values ('requests', 'API requests', 'request', 'sum', 1)");
  await addRequestsSource(db.database, { ...systemEffects(), now: () => NOW });
}

const smoke = (over: Record<string, string> = {}) =>
  daybook('smoke --json', {
    database: db.database,
    effects: { ...systemEffects(), now: () => NOW },
    environment: { ...environment, ...over },
  });

async function outcomes(over: Record<string, string> = {}) {
  const { steps } = (await smoke(over)).json() as {
    steps: { step: string; kind: string; detail: string; fix?: string }[];
  };
  return Object.fromEntries(steps.map(({ step, ...outcome }) => [step, outcome]));
}

describe('daybook smoke', () => {
  test('finds a deployment that is right so, part by part, and leaves nothing but a voided invoice of the test mode', async () => {
    const run = await smoke();
    expect(run.json()).toMatchObject({
      steps: ['database', 'Pub/Sub', 'scheduler', 'usage sources', 'Stripe, test mode', 'Slack'].map((step) => ({
        step,
        kind: 'ok',
      })),
    });
    expect(run.code).toBe(0);
    expect(stripe.invoices().map(({ status, total }) => [status, total])).toEqual([['void', 1_234]]);
    expect(slack.messages()).toHaveLength(1);
    const { rows } = await db.owner.query(
      'select (select count(*) from checkpoints) + (select count(*) from invoices) as made',
    );
    expect(rows).toEqual([{ made: '0' }]);
  });

  test('says of each part that is wrong what it saw and what helps, and tries the others all the same', async () => {
    const [paused] = scheduler.jobs;
    if (paused) await scheduler.setPaused(paused, true);
    prometheus.fail({ fault: 'unavailable', region: 'us-east' });
    stripe.faults.add({
      method: 'POST',
      path: '/v1/invoices',
      call: 1,
      fault: { kind: 'rate_limit', retryAfterSeconds: 1 },
    });
    await db.owner.query('delete from schema_migrations where name = (select max(name) from schema_migrations)');
    const found = await outcomes();
    expect(found).toMatchObject({
      database: { kind: 'failed', fix: 'daybook migrate plan' },
      'Pub/Sub': { kind: 'ok' },
      scheduler: { kind: 'failed', detail: expect.stringContaining('not enabled: aggregate-usage-us-east') },
      'usage sources': { kind: 'failed', detail: expect.stringContaining('us-east/requests: source_') },
      'Stripe, test mode': { kind: 'failed', detail: expect.stringContaining('rate_limited') },
      Slack: { kind: 'ok' },
    });
  });

  test('names the topics and subscriptions that are missing, and a part that nobody has configured', async () => {
    const found = await outcomes({ GOOGLE_CLOUD_PROJECT: 'another-project', SCHEDULER_LOCATIONS: '' });
    expect(found).toMatchObject({
      'Pub/Sub': { kind: 'failed', detail: expect.stringContaining('topic usage.checkpointed') },
      scheduler: { kind: 'not_configured', fix: expect.stringContaining('SCHEDULER_LOCATIONS') },
    });
  });

  test('refuses a live key before it tries anything', async () => {
    const run = await smoke({ STRIPE_API_KEY: 'sk_live_dangerous' });
    expect(run).toMatchObject({ code: 1 });
    expect(run.json()).toMatchObject({ refused: { reason: 'live_stripe_key' } });
    expect(run.out).not.toContain('sk_live_dangerous');
    expect(slack.messages()).toHaveLength(0);
    expect(stripe.invoices()).toHaveLength(0);
  });
});
