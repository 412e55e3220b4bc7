import { createServer, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FUNCTIONS } from '../../functions/index.ts';
import { subscriptionName } from '../../functions/manifest.ts';
import { openWorld, type World } from '../../functions/world.ts';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { isSecret, VARIABLES, withheldValues } from '../../shared/configuration/configuration.ts';
import { jsonLogger } from '../../shared/logging/logger.ts';
import { EFFECTS, ratedMonth } from '../cli/month.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { type ServedFunctions, serveFunctions } from '../local-cloud/stack/functions.ts';
import { close, listen } from '../local-cloud/stack/listen.ts';
import { startTraceReceiver, type TraceReceiver } from '../local-cloud/traces/server.ts';

/** One for each secret slot; none of them looks like another. */
const CANARIES = {
  DATABASE_URL: 'canary-database-password',
  STRIPE_API_KEY: 'sk_test_canarystripekey',
  STRIPE_WEBHOOK_SECRETS: 'whsec_canarywebhooksecret',
  SLACK_WEBHOOK_URL: 'T000/B000/canaryslackpath',
} as const satisfies Partial<Record<keyof typeof VARIABLES, string>>;
/** What callers bring along. */
const TOKEN = 'eyJhbGciOiJSUzI1NiJ9.eyJlbWFpbCI6ImNhbmFyeS10b2tlbiJ9.canarytokensignature';
/** What a person wrote. It is kept in the dead letters, whole, and shown nowhere else. */
const WRITTEN = 'canary-my-mother-is-ill';

let db: TestDatabase;
let hostile: Server;
let receiver: TraceReceiver;
let served: ServedFunctions;
let world: World;
let environment: Record<string, string>;
let lines: string[];
let spans: string[];

beforeEach(async () => {
  [lines, spans] = [[], []];
  db = await ratedMonth();
  // Whatever it is asked, it says no and repeats everything that it was told.
  hostile = createServer((request, response) => {
    const told = JSON.stringify({ url: request.url, headers: request.headers });
    const error = { type: 'invalid_request_error', message: `Invalid API Key provided: ${told}` };
    response.writeHead(401, { 'content-type': 'application/json' }).end(JSON.stringify({ error }));
  });
  const outside = `http://127.0.0.1:${await listen(hostile, 0)}`;
  receiver = await startTraceReceiver((line) => void spans.push(line));
  environment = {
    DATABASE_URL: Object.assign(new URL(db.url), { password: CANARIES.DATABASE_URL }).toString(),
    STRIPE_API_KEY: CANARIES.STRIPE_API_KEY,
    STRIPE_API_BASE: outside,
    STRIPE_WEBHOOK_SECRETS: CANARIES.STRIPE_WEBHOOK_SECRETS,
    SLACK_WEBHOOK_URL: `${outside}/services/${CANARIES.SLACK_WEBHOOK_URL}`,
    PUBSUB_ENDPOINT: outside,
    PROMETHEUS_ENDPOINTS: JSON.stringify({ main: outside }),
    BIGQUERY_ENDPOINT: outside,
    OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
    OTEL_EXPORTER_OTLP_PROTOCOL: 'http/json',
  };
  await open(environment);
});
afterEach(async () => {
  await served.close();
  await (await world.tracer?.())?.close();
  await world.publisher.close();
  await world.database.close();
  await receiver.close();
  await close(hostile);
  await db.remove();
});

async function open(from: Record<string, string>): Promise<void> {
  world = openWorld(from, EFFECTS, (line) => void lines.push(line));
  served = await serveFunctions(() => world, 0);
}

/** Calls every function as its trigger would, and in ways that make no sense; returns what they answered. */
async function callEverything(): Promise<string[]> {
  const replies: string[] = [];
  const call = async (name: string, body: unknown, headers: Record<string, string> = {}, query = '') => {
    const response = await fetch(`${served.endpointOf(name)}${query}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${TOKEN}`, ...headers },
      body: JSON.stringify(body),
    });
    replies.push(await response.text());
  };
  for (const { manifest } of FUNCTIONS) {
    const { name, trigger } = manifest;
    await call(name, { said: WRITTEN });
    await call(name, { said: WRITTEN }, { 'stripe-signature': `t=1,v1=${CANARIES.STRIPE_WEBHOOK_SECRETS}` });
    if (trigger.kind === 'schedule')
      await call(name, {}, { 'x-cloudscheduler-scheduletime': '2026-10-04T02:00:00Z' }, '?region=us-east');
    if (trigger.kind !== 'events') continue;
    for (const topic of trigger.topics) {
      await call(name, pushOf(subscriptionName(topic, name), WRITTEN));
      await call(name, pushOf(subscriptionName(topic, name), JSON.stringify(eventOf(topic))));
    }
  }
  return replies;
}

let messages = 0;
function pushOf(subscription: string, data: string) {
  messages += 1;
  return {
    message: { data: Buffer.from(data).toString('base64'), messageId: String(messages), attributes: {} },
    subscription: `projects/p/subscriptions/${subscription}`,
  };
}

function eventOf(topic: string) {
  const data = { invoiceId: '2026-10/acme/usage', runId: '2026-10' };
  return { id: crypto.randomUUID(), type: topic, version: 1, occurredAt: '2026-11-01T02:00:00.000Z', data };
}

/** Every text that the database keeps beside the dead letters' own messages. */
async function keptTexts(): Promise<string> {
  const { rows } = await db.owner.query<{ kept: string }>(`
    select coalesce(string_agg(t, E'\\n'), '') as kept from (
      select audit_log::text as t from audit_log
      union all select exceptions::text from exceptions
      union all select alerts::text from alerts
      union all select invoices::text from invoices
      union all select stripe_requests::text from stripe_requests
      union all select outbox::text from outbox
      union all select checkpoints::text from checkpoints
      union all select reason from dead_letters) all_texts`);
  return rows[0]?.kept ?? '';
}

function expectNoCanary(text: string): void {
  const seen = [...Object.values(CANARIES), TOKEN, WRITTEN].filter((canary) => text.includes(canary));
  expect(seen).toEqual([]);
}

test('every secret variable has a canary here', () => {
  const names = Object.keys(VARIABLES) as (keyof typeof VARIABLES)[];
  expect(Object.keys(CANARIES).sort()).toEqual(names.filter(isSecret).sort());
});

describe('no secret, token or written word gets out', () => {
  test('when everything outside refuses and repeats what it was told', async () => {
    const signed = await approveRun(world, { runId: '2026-10', approver: 'person:fay', why: 'looked right' });
    expect(signed).toMatchObject({ kind: 'approved' });
    const replies = await callEverything();
    await (await world.tracer?.())?.flush();
    const kept = await keptTexts();
    // It did go wrong, and everybody was told: what is looked through is not empty.
    expect(kept).toContain('issuing_failed');
    expect(lines.filter((line) => JSON.parse(line).severity !== 'INFO').length).toBeGreaterThan(3);
    expect(spans.join('')).toContain('issue-invoices');
    expectNoCanary(replies.join('\n'));
    expectNoCanary(lines.join(''));
    expectNoCanary(spans.join(''));
    expectNoCanary(kept);
  });

  test('when the database cannot be reached', async () => {
    await served.close();
    await world.database.close();
    const lost = Object.assign(new URL(environment.DATABASE_URL ?? ''), { port: '9' }).toString();
    await open({ ...environment, DATABASE_URL: lost });
    const replies = await callEverything();
    expect(lines.join('')).toContain('ECONNREFUSED');
    expectNoCanary(replies.join('\n'));
    expectNoCanary(lines.join(''));
  });
});

test('a line that carries a secret all the same is written without it, whatever slot it came from', () => {
  const written: string[] = [];
  const logger = jsonLogger((line) => void written.push(line), { project: 'p', withheld: withheldValues(environment) });
  for (const canary of [...Object.values(CANARIES), TOKEN, environment.DATABASE_URL, environment.SLACK_WEBHOOK_URL]) {
    logger.log('ERROR', `it said "${canary}"`, { deep: { in: [canary] } });
  }
  expectNoCanary(written.join(''));
  expect(written.join('')).toContain('[withheld]');
  for (const line of written) expect(JSON.parse(line)).toMatchObject({ severity: 'ERROR' });
});

test('a line names its trace and its call in the fields that Cloud Logging reads', async () => {
  await fetch(served.endpointOf('sweep-outbox'), {
    method: 'POST',
    headers: { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01' },
  });
  await fetch(served.endpointOf('validate-usage'), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(pushOf('usage.checkpointed.validate-usage', 'nonsense')),
  });
  const line = lines.map((text) => JSON.parse(text)).find(({ message }) => /put a message aside/.test(message));
  expect(line).toMatchObject({
    severity: 'ERROR',
    'logging.googleapis.com/labels': { function: 'validate-usage' },
    'logging.googleapis.com/trace': expect.stringMatching(/^projects\/daybook-local\/traces\/[0-9a-f]{32}$/),
    'logging.googleapis.com/spanId': expect.stringMatching(/^[0-9a-f]{16}$/),
    'logging.googleapis.com/trace_sampled': true,
  });
  const swept = spans.join('');
  expect(swept).toContain('4bf92f3577b34da6a3ce929d0e0e4736');
});
