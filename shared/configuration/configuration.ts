import { z } from 'zod';

/** An address is shown in messages and logs: who signs in there has an identity, not a password in it. */
const url = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .refine((text) => !URL.parse(text)?.username && !URL.parse(text)?.password, 'must not carry a user or a password');

const callsPerSecond = z.string().regex(/^([1-9]\d{0,3}|10000)$/, 'must be a whole number from 1 to 10000');

/**
 * One entry per variable: what it is for is also the text of the README's table. What is `secret` comes from Secret
 * Manager and is kept out of every log.
 */
export const VARIABLES = {
  DATABASE_URL: {
    purpose: 'PostgreSQL connection string',
    secret: true,
    schema: z.string().regex(/^postgres(ql)?:\/\//, 'must look like postgres://user@host:5432/database'),
  },
  DATABASE_INSTANCE: {
    purpose:
      'Cloud SQL instance, project:region:instance, that is signed in to with the identity of the process; unset where DATABASE_URL says it all',
    schema: z
      .string()
      .regex(/^[^:\s]+(:[^:\s]+)?:[^:\s]+:[^:\s]+$/, 'must look like project:region:instance')
      .optional(),
  },
  DATABASE_ROLE: {
    purpose: 'role that statements run as',
    schema: z
      .string()
      .regex(/^[a-z_]+$/)
      .default('daybook_app'),
  },
  DATABASE_POOL_SIZE: {
    purpose: 'connections per instance; instances × size stays below max_connections',
    schema: z
      .string()
      .regex(/^[1-9]\d?$/, 'must be a whole number from 1 to 99')
      .default('2'),
  },
  GOOGLE_CLOUD_PROJECT: {
    purpose: 'Google Cloud project of topics and queries',
    schema: z.string().min(1).default('daybook-local'),
  },
  PUBSUB_ENDPOINT: {
    purpose: 'Pub/Sub REST endpoint of the emulator or the local relay; unset for the cloud',
    schema: url.optional(),
  },
  PROMETHEUS_ENDPOINTS: {
    purpose: 'JSON object: name of a Prometheus as usage sources use it → base URL of its API',
    schema: z.string().default('{}'),
  },
  BIGQUERY_ENDPOINT: {
    purpose: 'BigQuery REST endpoint of the emulator or the stand-in; unset for the cloud',
    schema: url.optional(),
  },
  STRIPE_API_KEY: {
    purpose: 'Stripe secret or restricted key',
    secret: true,
    schema: z
      .string()
      .regex(/^(sk|rk)_/, 'must begin with sk_ or rk_')
      .optional(),
  },
  STRIPE_API_BASE: {
    purpose: 'Stripe API address, for stripe-mock or the stand-in; unset for Stripe',
    schema: url.optional(),
  },
  STRIPE_WEBHOOK_SECRETS: {
    purpose: 'signing secrets of the webhook endpoint, separated by commas, the newest first',
    secret: true,
    schema: z
      .string()
      .regex(/^whsec_[^,]+(,whsec_[^,]+)*$/, 'must be one or more whsec_… separated by commas')
      .optional(),
  },
  STRIPE_REQUESTS_PER_SECOND: {
    purpose: 'calls to Stripe in a second, of all instances together; unset for 100 in live mode, 25 in test mode',
    schema: callsPerSecond.optional(),
  },
  STRIPE_ENDPOINT_REQUESTS_PER_SECOND: {
    purpose: 'calls to one endpoint of Stripe in a second; unset for 25',
    schema: callsPerSecond.optional(),
  },
  SLACK_WEBHOOK_URL: { purpose: 'Slack incoming webhook for alerts', secret: true, schema: url.optional() },
  CONSOLE_URL: { purpose: 'address of the console, for links in alerts', schema: url.optional() },
  OIDC_AUDIENCE: {
    purpose:
      'the function’s own address: tokens of the scheduler and of Pub/Sub must be made out to it; unset leaves it to IAM alone',
    schema: url.optional(),
  },
  OIDC_ACCOUNTS: {
    purpose: 'service accounts that may call with such a token, separated by commas',
    schema: z
      .string()
      .regex(/^[^@\s,]+@[^@\s,]+(,[^@\s,]+@[^@\s,]+)*$/, 'must be addresses of service accounts')
      .optional(),
  },
  SCHEDULER_LOCATIONS: {
    purpose:
      'regions where Cloud Scheduler keeps jobs, separated by commas, for those who pause, resume and force them',
    schema: z
      .string()
      .regex(/^[a-z0-9-]+(,[a-z0-9-]+)*$/, 'must be regions like europe-west1,us-central1')
      .optional(),
  },
  SCHEDULER_ENDPOINT: {
    purpose: 'Cloud Scheduler REST endpoint of the local scheduler; unset for the cloud',
    schema: url.optional(),
  },
  OTEL_EXPORTER_OTLP_ENDPOINT: {
    purpose: 'base address of an OTLP/HTTP receiver of traces, like https://telemetry.googleapis.com; unset for none',
    schema: url.optional(),
  },
  OTEL_EXPORTER_OTLP_PROTOCOL: {
    purpose: 'form in which traces are sent: http/protobuf or http/json',
    schema: z
      .string()
      .regex(/^http\/(protobuf|json)$/, 'must be http/protobuf or http/json')
      .default('http/protobuf'),
  },
  K_SERVICE: { purpose: 'name of the deployed function; set by Cloud Run', schema: z.string().default('daybook') },
} as const satisfies Record<string, Variable>;

interface Variable {
  readonly purpose: string;
  readonly schema: z.ZodType<string | undefined>;
  readonly secret?: true;
}

/** Whether the variable's value is a secret. */
export function isSecret(name: keyof typeof VARIABLES): boolean {
  const variable: Variable = VARIABLES[name];
  return variable.secret === true;
}

/** The environment, parsed. Optional parts are null; who needs one asks with {@link required}. */
export interface Configuration {
  readonly databaseUrl: string;
  readonly databaseInstance: string | null;
  readonly databaseRole: string;
  readonly databasePoolSize: number;
  readonly projectId: string;
  readonly pubSubEndpoint: string | null;
  readonly prometheusEndpoints: Readonly<Record<string, string>>;
  readonly bigQueryEndpoint: string | null;
  readonly stripeApiKey: string | null;
  readonly stripeApiBase: string | null;
  readonly stripeWebhookSecrets: readonly string[];
  readonly stripeRequestsPerSecond: number | null;
  readonly stripeEndpointRequestsPerSecond: number | null;
  readonly slackWebhookUrl: string | null;
  readonly consoleUrl: string | null;
  readonly oidcAudience: string | null;
  readonly oidcAccounts: readonly string[];
  readonly schedulerLocations: readonly string[];
  readonly schedulerEndpoint: string | null;
  readonly traceEndpoint: string | null;
  readonly traceProtocol: 'http/protobuf' | 'http/json';
  readonly functionName: string;
}

/** Says which variable is wrong, how, and what it is for. Values are never repeated: some are secrets. */
export class ConfigurationError extends Error {
  override readonly name = 'ConfigurationError';
}

const environmentSchema = z.object(
  Object.fromEntries(Object.entries(VARIABLES).map(([name, variable]) => [name, variable.schema])) as {
    [Name in keyof typeof VARIABLES]: (typeof VARIABLES)[Name]['schema'];
  },
);

/** Parses the environment. Throws {@link ConfigurationError} that lists every fault at once. */
export function readConfiguration(environment: Readonly<Record<string, string | undefined>>): Configuration {
  const given = Object.fromEntries(
    Object.entries(environment).filter(([, value]) => value !== undefined && value !== ''),
  );
  const parsed = environmentSchema.safeParse(given);
  if (!parsed.success) throw new ConfigurationError(explain(parsed.error));
  const values = parsed.data;
  return {
    databaseUrl: values.DATABASE_URL,
    databaseInstance: values.DATABASE_INSTANCE ?? null,
    databaseRole: values.DATABASE_ROLE,
    databasePoolSize: Number.parseInt(values.DATABASE_POOL_SIZE, 10),
    projectId: values.GOOGLE_CLOUD_PROJECT,
    pubSubEndpoint: values.PUBSUB_ENDPOINT ?? null,
    prometheusEndpoints: parseEndpoints(values.PROMETHEUS_ENDPOINTS),
    bigQueryEndpoint: values.BIGQUERY_ENDPOINT ?? null,
    stripeApiKey: values.STRIPE_API_KEY ?? null,
    stripeApiBase: values.STRIPE_API_BASE ?? null,
    stripeWebhookSecrets: values.STRIPE_WEBHOOK_SECRETS?.split(',') ?? [],
    stripeRequestsPerSecond: wholeNumber(values.STRIPE_REQUESTS_PER_SECOND),
    stripeEndpointRequestsPerSecond: wholeNumber(values.STRIPE_ENDPOINT_REQUESTS_PER_SECOND),
    slackWebhookUrl: values.SLACK_WEBHOOK_URL ?? null,
    consoleUrl: values.CONSOLE_URL ?? null,
    oidcAudience: values.OIDC_AUDIENCE ?? null,
    oidcAccounts: values.OIDC_ACCOUNTS?.split(',') ?? [],
    schedulerLocations: values.SCHEDULER_LOCATIONS?.split(',') ?? [],
    schedulerEndpoint: values.SCHEDULER_ENDPOINT ?? null,
    traceEndpoint: values.OTEL_EXPORTER_OTLP_ENDPOINT ?? null,
    traceProtocol: values.OTEL_EXPORTER_OTLP_PROTOCOL === 'http/json' ? 'http/json' : 'http/protobuf',
    functionName: values.K_SERVICE,
  };
}

/** Shorter texts would hide half of every line, and no secret is that short. */
const SHORTEST_SECRET = 6;

/** Every text of the environment that no log may show: secrets, the parts of secret addresses, one by one. */
export function withheldValues(environment: Readonly<Record<string, string | undefined>>): readonly string[] {
  const names = (Object.keys(VARIABLES) as (keyof typeof VARIABLES)[]).filter(isSecret);
  const texts = names.flatMap((name) => {
    const value = environment[name] ?? '';
    const address = URL.parse(value);
    const ofAddress =
      address === null
        ? []
        : [
            address.password,
            decodeURIComponent(address.password),
            address.pathname.slice(1),
            address.pathname.split('/').at(-1) ?? '',
          ];
    // The database's own name is in its path, and no secret.
    const parts = name === 'DATABASE_URL' ? ofAddress.slice(0, 2) : ofAddress;
    return [value, ...value.split(','), ...parts];
  });
  return [...new Set(texts)].filter((text) => text.length >= SHORTEST_SECRET).sort((a, b) => b.length - a.length);
}

/** The value of a part that this caller cannot do without. */
export function required<T>(value: T | null, variable: keyof typeof VARIABLES): T {
  if (value === null)
    throw new ConfigurationError(`${variable} is not set: ${VARIABLES[variable].purpose}. Set it and start again.`);
  return value;
}

function wholeNumber(text: string | undefined): number | null {
  return text === undefined ? null : Number.parseInt(text, 10);
}

function explain(error: z.ZodError): string {
  const lines = error.issues.map((issue) => {
    const name = String(issue.path[0]) as keyof typeof VARIABLES;
    const fault = issue.code === 'invalid_type' && issue.input === undefined ? 'is not set' : issue.message;
    return `  ${name} ${fault} (${VARIABLES[name].purpose})`;
  });
  return `The environment is not right:\n${lines.join('\n')}\nSet these variables and start again; "npm start" sets them all for a local stack.`;
}

function parseEndpoints(text: string): Record<string, string> {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ConfigurationError('PROMETHEUS_ENDPOINTS is not JSON: write {"main": "https://prometheus.example"}.');
  }
  const parsed = z.record(z.string(), url).safeParse(json);
  if (!parsed.success)
    throw new ConfigurationError(
      `PROMETHEUS_ENDPOINTS: ${z.prettifyError(parsed.error)}. Write {"main": "https://prometheus.example"}.`,
    );
  return parsed.data;
}
