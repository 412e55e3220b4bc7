import pg from 'pg';
import type { HttpHandler, HttpReply, HttpRequest } from '../../functions/http.ts';
import { traceCall } from '../../functions/trace.ts';
import type { World } from '../../functions/world.ts';
import { type Configuration, readConfiguration } from '../../shared/configuration/configuration.ts';
import { type Database, openDatabase } from '../../shared/database/database.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { openStripeClient } from '../../shared/stripe/client.ts';
import { planCustomerRequest } from '../../shared/stripe/customer-request.ts';
import { stripeCustomerSchema } from '../../shared/stripe/objects.ts';
import { sendRequest } from '../../shared/stripe/send.ts';
import { tracedCall } from '../../shared/tracing/traced-call.ts';
import { tracedEffects } from '../../shared/tracing/traced-effects.ts';
import type { Tracer } from '../../shared/tracing/tracer.ts';
import type { StoredSeries } from '../local-cloud/prometheus/evaluate.ts';
import { PrometheusStandIn } from '../local-cloud/prometheus/server.ts';
import { type SlackReceiver, startSlackReceiver } from '../local-cloud/slack/server.ts';
import { type StripeStandIn, startStripeStandIn } from '../local-cloud/stripe/server.ts';
import { NO_PACE } from '../stripe/no-pace.ts';
import { CUSTOMERS, stripeCustomerId } from './catalogue.ts';
import type { Disturbance } from './disturbance.ts';
import { FUNCTIONS } from './functions.ts';
import { Messages, publisherTo } from './messages.ts';
import type { PlantedBug } from './planted-bugs.ts';
import { Chance } from './random.ts';
import { Seam } from './seam.ts';
import type { Setting } from './setting.ts';
import { type Acted, withStrangers } from './strangers.ts';
import { telemetry } from './telemetry.ts';

const STRIPE_KEY = 'sk_test_simulation';
export const WEBHOOK_SECRET = 'whsec_simulation';
/** Google Cloud's project: part of the name of a run's trace. */
export const PROJECT = 'daybook-simulation';
const START = new Date('2026-10-01T12:00:00Z');

/** How a call ended: with an answer, with an error that the caller is told as 500, or not at all. */
export type CallOutcome =
  | { readonly kind: 'answered'; readonly reply: HttpReply }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'crashed' };

/** One process of Daybook: what a crash takes away. */
interface Process {
  readonly world: World;
  readonly handlers: Map<string, HttpHandler>;
}

export interface WorldOptions {
  readonly setting: Setting;
  readonly seed: number;
  readonly disturbance: Disturbance;
  readonly bug?: PlantedBug | undefined;
  /** Follows every call; without one nothing is traced. */
  readonly tracer?: Tracer | undefined;
}

/** Everything outside of Daybook, which a crash leaves alone, and the process of the moment. */
export class SimulatedWorld {
  readonly seam: Seam;
  readonly chance: Chance;
  readonly messages = new Messages();
  readonly bug: PlantedBug | undefined;
  readonly permute: boolean;
  readonly owner: pg.Client;
  readonly stripe: StripeStandIn;
  readonly slack: SlackReceiver;
  readonly prometheus: PrometheusStandIn;
  readonly series: StoredSeries[];
  /** Webhooks that were taken, by event id. */
  readonly webhooksTaken = new Set<string>();
  /** How often webhooks were not taken, by event id. */
  readonly webhooksRefused = new Map<string, number>();
  private readonly meddled: Acted = new Set();
  /** Digests of what was reviewed, by run. */
  readonly reviewed = new Map<string, string>();
  /** Promises that were seen broken on the way, in words. */
  readonly seen: string[] = [];
  crashes = 0;
  /** The last thing that went wrong in a call: the first place to look when a month does not end. */
  lastError = 'none';
  readonly databaseUrl: string;
  private readonly configuration: Configuration;
  private readonly tracer: Tracer | null;
  private process: Process | undefined;

  private constructor(options: WorldOptions, parts: Parts, chance: Chance, seam: Seam) {
    this.seam = seam;
    this.chance = chance;
    this.bug = options.bug;
    this.tracer = options.tracer ?? null;
    this.permute = options.disturbance.permute;
    this.owner = parts.owner;
    this.stripe = parts.stripe;
    this.slack = parts.slack;
    this.prometheus = parts.prometheus;
    this.series = parts.series;
    this.databaseUrl = parts.databaseUrl;
    this.configuration = readConfiguration({
      DATABASE_URL: parts.databaseUrl,
      PROMETHEUS_ENDPOINTS: JSON.stringify({ main: parts.prometheusUrl }),
      STRIPE_API_KEY: STRIPE_KEY,
      STRIPE_API_BASE: parts.stripe.url,
      STRIPE_WEBHOOK_SECRETS: WEBHOOK_SECRET,
      // Far above what a month asks: the pace is the database's real time, which a simulated month must not meet.
      STRIPE_REQUESTS_PER_SECOND: '10000',
      STRIPE_ENDPOINT_REQUESTS_PER_SECOND: '10000',
      SLACK_WEBHOOK_URL: parts.slack.webhookUrl,
      K_SERVICE: 'simulation',
    });
  }

  static async open(options: WorldOptions): Promise<SimulatedWorld> {
    const chance = new Chance(options.seed);
    const seam = new Seam(START, chance, options.disturbance.strikes);
    const parts = await openParts(options, seam);
    return new SimulatedWorld(options, parts, chance, seam);
  }

  /** Calls a function, in a new process when the last one has ended. */
  call(functionName: string, request: HttpRequest): Promise<CallOutcome> {
    return this.run(functionName, ({ world, handlers }) => {
      const wired = FUNCTIONS.find(({ manifest }) => manifest.name === functionName);
      if (wired === undefined) throw new RangeError(`there is no function ${functionName}`);
      const handler = handlers.get(functionName) ?? wired.create(world);
      handlers.set(functionName, handler);
      const surroundings = { tracer: this.tracer, now: () => this.seam.now(), project: PROJECT };
      return traceCall(surroundings, wired.manifest, request, () => handler(request));
    });
  }

  /** Work of a person at the command line, which crashes like any other. */
  byHand(name: string, work: (world: World) => Promise<HttpReply>): Promise<CallOutcome> {
    const start = { name, kind: 'server', parent: null, links: [], labels: { function: 'daybook' } } as const;
    return this.run(name, ({ world }) =>
      tracedCall(
        this.tracer,
        () => this.seam.now(),
        start,
        () => work(world),
      ),
    );
  }

  async close(setting: Setting): Promise<void> {
    await this.endProcess();
    await this.owner.end();
    await Promise.all([this.stripe.close(), this.slack.close(), this.prometheus.close()]);
    await setting.remove(this.databaseUrl);
  }

  private async run(name: string, work: (process: Process) => Promise<HttpReply>): Promise<CallOutcome> {
    this.process ??= this.newProcess();
    this.seam.begin(name);
    let outcome: CallOutcome;
    try {
      outcome = { kind: 'answered', reply: await work(this.process) };
    } catch (error) {
      this.lastError = `${name}: ${error instanceof Error ? error.message : String(error)}`;
      outcome = { kind: 'failed', error };
    }
    if (!this.seam.crashed) return outcome;
    this.crashes += 1;
    await this.endProcess();
    this.seam.crashed = false;
    return { kind: 'crashed' };
  }

  private newProcess(): Process {
    const { configuration } = this;
    const effects = tracedEffects(withStrangers(this.seam, this.stripe, this.meddled));
    const database: Database = openDatabase(
      {
        url: configuration.databaseUrl,
        role: configuration.databaseRole,
        poolSize: configuration.databasePoolSize,
        applicationName: 'simulation',
      },
      effects,
    );
    const publisher = publisherTo(this.messages, effects);
    const world: World = {
      effects,
      configuration,
      database,
      publisher,
      logger: {
        log: (severity, message) => {
          if (severity === 'ERROR') this.lastError = message;
        },
      },
    };
    return { world: this.bug?.plant?.(world) ?? world, handlers: new Map() };
  }

  private async endProcess(): Promise<void> {
    await this.process?.world.database.close();
    this.process = undefined;
  }
}

interface Parts {
  readonly databaseUrl: string;
  readonly owner: pg.Client;
  readonly stripe: StripeStandIn;
  readonly slack: SlackReceiver;
  readonly prometheus: PrometheusStandIn;
  readonly prometheusUrl: string;
  readonly series: StoredSeries[];
}

async function openParts({ setting, disturbance, bug }: WorldOptions, seam: Seam): Promise<Parts> {
  const series = telemetry();
  const prometheus = new PrometheusStandIn(series);
  const [databaseUrl, prometheusUrl, stripe, slack] = await Promise.all([
    setting.copy(),
    prometheus.listen(),
    startStripeStandIn({ port: 0, now: () => seam.now() }),
    startSlackReceiver(0),
  ]);
  const owner = await openOwner(databaseUrl, bug?.statements ?? []);
  await makeStripeCustomers(stripe.url);
  stripe.faults.add(...disturbance.stripe);
  return { databaseUrl, owner, stripe, slack, prometheus, prometheusUrl, series };
}

async function openOwner(databaseUrl: string, statements: readonly string[]): Promise<pg.Client> {
  const owner = new pg.Client({ connectionString: databaseUrl });
  // A month that could not be set up leaves this connection to the end of the server; its own error is the one to see.
  owner.on('error', () => undefined);
  await owner.connect();
  for (const statement of statements) await owner.query(statement);
  return owner;
}

async function makeStripeCustomers(apiBase: string): Promise<void> {
  const client = await openStripeClient(
    { apiBase, secretKey: STRIPE_KEY, timeoutMs: 10_000 },
    systemEffects(),
    NO_PACE,
  );
  for (const [index, customerId] of CUSTOMERS.entries()) {
    const plan = planCustomerRequest({ customerId, name: customerId, email: null });
    if (plan.kind === 'refused') throw new Error(plan.detail);
    const made = await sendRequest(client, plan.request, stripeCustomerSchema);
    if (made.kind !== 'ok' || made.object.id !== stripeCustomerId(index))
      throw new Error(
        `the stand-in for Stripe did not make customer ${stripeCustomerId(index)}: ${JSON.stringify(made)}`,
      );
  }
}
