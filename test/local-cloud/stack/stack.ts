import { appendFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { FUNCTIONS } from '../../../functions/index.ts';
import { openWorld, type World } from '../../../functions/world.ts';
import type { BillingPeriod } from '../../../shared/calendar/billing-period.ts';
import { migrate } from '../../../shared/database/migrate.ts';
import { TOPICS } from '../../../shared/events/catalogue.ts';
import { startPostgres } from '../postgres/server.ts';
import { type Relay, startRelay } from '../relay/server.ts';
import { subscriptionsOf } from '../relay/subscriptions.ts';
import { effectsAt, LocalClock } from '../scheduler/clock.ts';
import { jobsOf } from '../scheduler/jobs.ts';
import { Scheduler } from '../scheduler/scheduler.ts';
import { LOCATION, type SchedulerServer, startSchedulerServer } from '../scheduler/server.ts';
import { type SlackReceiver, startSlackReceiver } from '../slack/server.ts';
import { type StripeStandIn, startStripeStandIn } from '../stripe/server.ts';
import { PROMETHEUS_ENDPOINT } from '../telemetry/sources.ts';
import { startTraceFile, type TraceReceiver } from '../traces/server.ts';
import type { DataDirectory } from './data-directory.ts';
import { type ServedFunctions, serveFunctions } from './functions.ts';
import { localSecrets, type Secrets } from './secrets.ts';
import { startTelemetry, type TelemetryServers } from './telemetry.ts';

export interface StackOptions {
  readonly directory: DataDirectory;
  /** The month that telemetry is generated for. */
  readonly period: BillingPeriod;
  readonly regions: readonly string[];
  /** The local cloud's time at its very first start. */
  readonly begin: Date;
  /** Schedules fire after this instant. */
  readonly firingsAfter: Date;
  /** null: 8080, or the next that is free. */
  readonly consolePort: number | null;
}

/** The running local cloud. */
export interface Stack {
  readonly world: World;
  /** As the owner of the schema: for identities, which the application may not add. */
  readonly databaseUrl: string;
  readonly clock: LocalClock;
  readonly scheduler: Scheduler;
  readonly relay: Relay;
  readonly telemetry: TelemetryServers;
  readonly stripe: StripeStandIn;
  readonly consoleUrl: string;
  /** Writes the stack's file anew, with the time that the local cloud has reached. */
  announce(): void;
  /** Stops everything in order: no new work, then what delivers it, then what keeps it. */
  stop(): Promise<void>;
}

const PROJECT = 'daybook-local';
/** Sum over all that is served in this process; the server allows 100. */
const POOL_SIZE = '24';
/** Real time: the month is simulated, and in the cloud these waits are 10 s to 600 s. */
const BACKOFF = { minimumMs: 50, maximumMs: 5_000 };
const DATABASE = 'daybook';
/** The server's first database holds what the stand-ins keep, apart from Daybook's own. */
const STAND_INS_DATABASE = 'postgres';

/** Started parts, each stopped in the reverse order; also when a later part fails to start. */
class Parts {
  readonly #stops: (() => Promise<void>)[] = [];

  async add<T>(starting: Promise<T>, stop: (part: T) => Promise<void>): Promise<T> {
    const part = await starting;
    this.#stops.push(() => stop(part));
    return part;
  }

  async stop(): Promise<void> {
    for (let stop = this.#stops.pop(); stop !== undefined; stop = this.#stops.pop()) await stop();
  }
}

/** Starts every part of the local cloud in this process, on the data that an earlier start left. */
export async function startStack(options: StackOptions): Promise<Stack> {
  const parts = new Parts();
  try {
    return await startParts(options, parts);
  } catch (error) {
    await parts.stop();
    throw error;
  }
}

async function startParts(options: StackOptions, parts: Parts): Promise<Stack> {
  const { directory, regions, begin, firingsAfter, consolePort } = options;
  const clock = new LocalClock(begin);
  const effects = effectsAt(clock);
  const { databaseUrl, standInsUrl, telemetry, slack, stripe, traces } = await startOutside(options, clock, parts);
  const manifests = FUNCTIONS.map(({ manifest }) => manifest);
  const served: { functions?: ServedFunctions; world?: World } = {};
  const endpointOf = (functionName: string) => part(served.functions).endpointOf(functionName);
  const scheduler = await parts.add(
    Scheduler.open({ databaseUrl: standInsUrl, jobs: jobsOf(manifests, regions), clock, firingsAfter, endpointOf }),
    (opened) => opened.close(),
  );
  const schedules = await parts.add(startSchedulerServer(scheduler), (server) => server.close());
  await parts.add(Promise.resolve(served), async ({ world }) => (world ? closeWorld(world) : undefined));
  served.functions = await parts.add(
    serveFunctions(() => part(served.world), consolePort),
    (functions) => functions.close(),
  );
  const relay = await parts.add(
    startRelay({
      databaseUrl: standInsUrl,
      project: PROJECT,
      subscriptions: subscriptionsOf(manifests),
      topics: TOPICS,
      endpointOf: ({ functionName }) => endpointOf(functionName),
      effects,
      backoff: BACKOFF,
    }),
    (started) => started.stop(),
  );
  const consoleUrl = endpointOf('console');
  const secrets = localSecrets(directory.secrets);
  const environment = environmentOf({
    databaseUrl,
    relay,
    telemetry,
    stripe,
    slack,
    traces,
    schedules,
    consoleUrl,
    secrets,
  });
  const world = openWorld(environment, effects, (line) => appendFileSync(directory.log, line));
  served.world = world;
  stripe.webhooks.target = { url: endpointOf('receive-stripe-events'), secret: secrets.webhookSecret };
  stripe.webhooks.wake();
  await relay.start();
  const announce = () => writeStackFile(directory, { databaseUrl, environment, clock });
  announce();
  await parts.add(Promise.resolve(), async () => rmSync(directory.stackFile, { force: true }));
  const stop = () => parts.stop();
  return { world, databaseUrl, clock, scheduler, relay, telemetry, stripe, consoleUrl, announce, stop };
}

/** What is not Daybook's own: the database server, and the stand-ins for what it talks to. */
async function startOutside({ directory, period }: StackOptions, clock: LocalClock, parts: Parts) {
  const coming = startTelemetry(period);
  const postgres = await parts.add(startPostgres({ dataDirectory: directory.postgres, durable: true }), (server) =>
    server.stop(),
  );
  await postgres.createDatabase(DATABASE);
  const databaseUrl = postgres.url(DATABASE);
  const standInsUrl = postgres.url(STAND_INS_DATABASE);
  await migrateDatabase(databaseUrl, clock.now());
  const telemetry = await parts.add(coming.open(standInsUrl), (servers) => servers.close());
  const slack = await parts.add(startSlackReceiver(0), (receiver) => receiver.close());
  const stripe = await parts.add(
    startStripeStandIn({ port: 0, statePath: directory.stripe, now: () => clock.now() }),
    (standIn) => standIn.close(),
  );
  const traces = await parts.add(startTraceFile(directory.traces), (receiver) => receiver.close());
  return { databaseUrl, standInsUrl, telemetry, slack, stripe, traces };
}

function part<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('A part of the local cloud was called before it had started.');
  return value;
}

/** The local cloud's time is simulated, and may be far ahead of the server's; only the owner of the schema can say so. */
const TRUST_SIMULATED_TIME = `update retention_policy set clock_ahead_limit = interval '100 years' where clock_ahead_limit < interval '100 years'`;

async function migrateDatabase(url: string, now: Date): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    await migrate(client, join(import.meta.dirname, '..', '..', '..', 'sql'));
    await client.query("select set_config('daybook.now', $1, false)", [now.toISOString()]);
    await client.query(TRUST_SIMULATED_TIME);
  } finally {
    await client.end();
  }
}

async function closeWorld(world: World): Promise<void> {
  await (await world.tracer?.())?.close();
  await world.publisher.close();
  await world.database.close();
}

function environmentOf(from: {
  readonly databaseUrl: string;
  readonly relay: Relay;
  readonly telemetry: TelemetryServers;
  readonly stripe: StripeStandIn;
  readonly slack: SlackReceiver;
  readonly traces: TraceReceiver;
  readonly schedules: SchedulerServer;
  readonly consoleUrl: string;
  readonly secrets: Secrets;
}): Record<string, string> {
  return {
    DATABASE_URL: from.databaseUrl,
    DATABASE_POOL_SIZE: POOL_SIZE,
    GOOGLE_CLOUD_PROJECT: PROJECT,
    PUBSUB_ENDPOINT: from.relay.url,
    PROMETHEUS_ENDPOINTS: JSON.stringify({ [PROMETHEUS_ENDPOINT]: from.telemetry.prometheusUrl }),
    BIGQUERY_ENDPOINT: from.telemetry.bigQueryUrl,
    STRIPE_API_KEY: from.secrets.stripeApiKey,
    STRIPE_API_BASE: from.stripe.url,
    // The stand-in has no limits of its own, and a demo month should not wait for Stripe's.
    STRIPE_REQUESTS_PER_SECOND: '1000',
    STRIPE_ENDPOINT_REQUESTS_PER_SECOND: '1000',
    STRIPE_WEBHOOK_SECRETS: from.secrets.webhookSecret,
    SLACK_WEBHOOK_URL: from.slack.webhookUrl,
    CONSOLE_URL: from.consoleUrl,
    SCHEDULER_ENDPOINT: from.schedules.url,
    SCHEDULER_LOCATIONS: LOCATION,
    OTEL_EXPORTER_OTLP_ENDPOINT: from.traces.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
    K_SERVICE: 'local-cloud',
  };
}

/**
 * Tells the command line where the running stack is, and how far its time is from the machine's. Only this user may read
 * it: it holds the stack's secrets.
 */
function writeStackFile(
  { stackFile }: DataDirectory,
  stack: {
    readonly databaseUrl: string;
    readonly environment: Readonly<Record<string, string>>;
    readonly clock: LocalClock;
  },
): void {
  const { DATABASE_POOL_SIZE: _poolSize, DATABASE_URL: _url, ...environment } = stack.environment;
  const clockOffsetMs = stack.clock.now().getTime() - Date.now();
  const content = { pid: process.pid, databaseUrl: stack.databaseUrl, clockOffsetMs, environment };
  writeFileSync(`${stackFile}.new`, `${JSON.stringify(content, null, 2)}\n`, { mode: 0o600 });
  renameSync(`${stackFile}.new`, stackFile);
}
