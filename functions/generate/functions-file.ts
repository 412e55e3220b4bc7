import { isSecret, VARIABLES } from '../../shared/configuration/configuration.ts';
import { TOPICS } from '../../shared/events/catalogue.ts';
import { isPublic, type Manifest, type Part, resourcesOf } from '../manifest.ts';
import { DEAD_LETTER_TOPIC, MAX_DELIVERY_ATTEMPTS, subscriptionsOf } from '../subscriptions.ts';

type VariableName = keyof typeof VARIABLES;

/** What a function that uses a part is given: secrets of Secret Manager, and roles on the project. */
const PARTS: Readonly<Record<Part, { readonly secrets: readonly VariableName[]; readonly roles: readonly string[] }>> =
  {
    postgres: { secrets: ['DATABASE_URL'], roles: ['roles/cloudsql.client', 'roles/cloudsql.instanceUser'] },
    prometheus: { secrets: [], roles: ['roles/monitoring.viewer'] },
    // Reading is granted on the data sets themselves.
    bigquery: { secrets: [], roles: ['roles/bigquery.jobUser'] },
    stripe: { secrets: ['STRIPE_API_KEY'], roles: [] },
    slack: { secrets: ['SLACK_WEBHOOK_URL'], roles: [] },
  };

/** Connections that the server must allow: DATABASE_POOL_SIZE is the size of the pool of one instance. */
const MAX_CONNECTIONS = 200;
/** For people, migrations, backups and the server's own. */
const RESERVED_CONNECTIONS = 25;

/** Everything that a deployment makes of the manifests, keyed by name, for Terraform's for_each. */
export function functionsFile(manifests: readonly Manifest[]): string {
  const content = {
    runtime: 'nodejs24',
    deadLetters: { topic: DEAD_LETTER_TOPIC, maxDeliveryAttempts: MAX_DELIVERY_ATTEMPTS },
    functions: keyed(manifests, (manifest) => manifest.name, functionEntry),
    topics: keyed(
      TOPICS,
      (topic) => topic,
      (topic) => ({
        publishers: manifests.filter(({ publishes }) => publishes.includes(topic)).map(({ name }) => name),
      }),
    ),
    subscriptions: keyed(
      subscriptionsOf(manifests),
      ({ name }) => name,
      ({ topic, functionName, ackDeadlineSeconds, maxDeliveryAttempts }) => ({
        topic,
        function: functionName,
        ackDeadlineSeconds,
        // null: the dead letters themselves have nowhere further to go.
        maxDeliveryAttempts,
      }),
    ),
    schedules: keyed(manifests.flatMap(scheduleEntry), ({ function: name }) => name),
    connections: connections(manifests),
    variables: keyed(
      Object.keys(VARIABLES) as VariableName[],
      (name) => name,
      (name) => ({ purpose: VARIABLES[name].purpose, secret: isSecret(name) }),
    ),
  };
  return `${JSON.stringify(content, null, 2)}\n`;
}

function keyed<T, U = T>(
  items: readonly T[],
  key: (item: T) => string,
  value: (item: T) => U = (item) => item as unknown as U,
): Record<string, U> {
  return Object.fromEntries(items.map((item) => [key(item), value(item)]));
}

function functionEntry(manifest: Manifest) {
  const { name, purpose, trigger, publishes, uses, timeoutSeconds } = manifest;
  return {
    purpose,
    entryPoint: name,
    trigger: trigger.kind,
    caller: trigger.kind === 'http' ? trigger.caller : null,
    topics: trigger.kind === 'events' ? trigger.topics : [],
    deadLetters: trigger.kind === 'events' && trigger.deadLetters === true,
    public: isPublic(manifest),
    perRegion: isPerRegion(manifest),
    timeoutSeconds,
    ...resourcesOf(manifest),
    uses,
    secrets: secretsOf(manifest),
    roles: uses.flatMap((part) => PARTS[part].roles),
    publishes,
  };
}

/** The secrets that a function may read, each of which is one. */
function secretsOf({ uses, secrets = [] }: Manifest): readonly VariableName[] {
  return [...new Set([...uses.flatMap((part) => PARTS[part].secrets), ...secrets])].sort();
}

function isPerRegion({ trigger }: Manifest): boolean {
  return trigger.kind === 'schedule' && trigger.perRegion;
}

function scheduleEntry({ name, trigger, timeoutSeconds }: Manifest) {
  if (trigger.kind !== 'schedule') return [];
  const { cron, perRegion } = trigger;
  // Cloud Scheduler waits from 15 s to 30 min for an answer. One job a region carries it as ?region=….
  const attemptDeadlineSeconds = Math.min(1_800, Math.max(15, timeoutSeconds));
  return [{ function: name, cron, timeZone: 'Etc/UTC', perRegion, attemptDeadlineSeconds }];
}

/** Σ (instances × pool): what Terraform compares with max_connections for its number of regions. */
function connections(manifests: readonly Manifest[]) {
  const poolSize = Number.parseInt(VARIABLES.DATABASE_POOL_SIZE.schema.parse(undefined), 10);
  const sum = (chosen: readonly Manifest[]) =>
    chosen.reduce((total, manifest) => total + resourcesOf(manifest).maxInstances * poolSize, 0);
  return {
    poolSize,
    fixed: sum(manifests.filter((manifest) => !isPerRegion(manifest))),
    ofEachRegion: sum(manifests.filter(isPerRegion)),
    reserved: RESERVED_CONNECTIONS,
    maxConnections: MAX_CONNECTIONS,
  };
}
