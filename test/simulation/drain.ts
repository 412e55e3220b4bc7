import type { HttpRequest } from '../../functions/http.ts';
import { type Delivery, pushBody } from './messages.ts';
import { type SimulatedWorld, WEBHOOK_SECRET } from './world.ts';

/** Deliveries, ticks and retries after which a month that is not quiet will never be (promise 20). */
const MAX_ROUNDS = 40;
const MAX_ATTEMPTS = 5;
/** Webhooks may come before what they speak of is known here. */
const MAX_WEBHOOK_ATTEMPTS = 12;
const ROUND_MS = 61_000;

/** A month that does not come to rest, or an operation that never succeeds. */
export class NeverEnds extends Error {
  override readonly name = 'NeverEnds';
}

function post(body: unknown, more: Partial<HttpRequest> = {}): HttpRequest {
  return {
    method: 'POST',
    path: '/',
    query: new URLSearchParams(),
    headers: {},
    body,
    rawBody: Buffer.alloc(0),
    ...more,
  };
}

/** Calls a scheduled function until it answers 2xx, as Cloud Scheduler does. */
export async function fire(
  world: SimulatedWorld,
  functionName: string,
  scheduledFor: Date,
  region?: string,
): Promise<void> {
  const headers = { 'x-cloudscheduler-scheduletime': scheduledFor.toISOString() };
  const query = new URLSearchParams(region === undefined ? {} : { region });
  await insist(world, functionName, async () => {
    const outcome = await world.call(functionName, post(undefined, { headers, query }));
    if (outcome.kind !== 'answered') return false;
    if (outcome.reply.status < 300) return true;
    throw new NeverEnds(`${functionName} refuses its schedule: ${JSON.stringify(outcome.reply.body)}`);
  });
}

/** Tries again what crashed or failed. */
export async function insist(world: SimulatedWorld, name: string, attempt: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < MAX_ATTEMPTS; tries += 1) if (await attempt()) return;
  throw new NeverEnds(`${name} did not succeed in ${MAX_ATTEMPTS} attempts; the last error: ${world.lastError}`);
}

/** Delivers everything, lets the sweepers run and retries come due, until nothing waits any more. */
export async function drain(world: SimulatedWorld): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round += 1) {
    await deliverAll(world);
    await fire(world, 'sweep-outbox', world.seam.now());
    await fire(world, 'retry-exceptions', world.seam.now());
    const waiting = await waitingFor(world);
    if (waiting.length === 0) return;
    const nextRound = world.seam.now().getTime() + ROUND_MS;
    world.seam.moveTo(new Date(Math.max(nextRound, await nextDue(world))));
  }
  throw new NeverEnds(
    `promise 20: not quiet after ${MAX_ROUNDS} rounds: ${(await waitingFor(world)).join(', ')}; the last error: ${world.lastError}`,
  );
}

async function deliverAll(world: SimulatedWorld): Promise<void> {
  for (;;) {
    const deliveries = world.messages.waiting;
    const webhooks = webhooksWaiting(world);
    const count = deliveries.length + webhooks.length;
    if (count === 0) return;
    const index = world.permute ? world.chance.below(count) : 0;
    const delivery = deliveries[index];
    if (delivery !== undefined) await deliver(world, delivery);
    else if (!(await deliverWebhook(world, webhooks[index - deliveries.length] ?? ''))) return;
    // Some of what comes late comes after the next sweep and the next retries.
    if (world.permute && world.chance.percent(10)) return;
  }
}

async function deliver(world: SimulatedWorld, delivery: Delivery): Promise<void> {
  const { messages, seam, bug } = world;
  if (bug?.acknowledgesEarly) messages.acknowledge(delivery);
  const before = seam.acknowledgements;
  const outcome = await world.call(delivery.subscription.functionName, post(pushBody(delivery)));
  delivery.attempts += 1;
  const answered = outcome.kind === 'answered' && outcome.reply.status < 300;
  if (answered || seam.acknowledgements > before) {
    // An acknowledgement that is lost on its way, or comes after the deadline, brings the message again.
    if (!world.permute || world.chance.percent(75)) messages.acknowledge(delivery);
    if (world.permute && world.chance.percent(15)) messages.waiting.push({ ...delivery });
  } else if (delivery.attempts >= MAX_ATTEMPTS) {
    throw new NeverEnds(
      `promise 11: message ${delivery.message.messageId} of ${delivery.subscription.name} was not taken in ${MAX_ATTEMPTS} attempts; the last error: ${world.lastError}`,
    );
  }
}

function webhooksWaiting(world: SimulatedWorld): string[] {
  return world.stripe.events().flatMap(({ id }) => (world.webhooksTaken.has(id) ? [] : [id]));
}

/** Delivers one webhook; false when it is to come again later. */
async function deliverWebhook(world: SimulatedWorld, eventId: string): Promise<boolean> {
  const event = world.stripe.events().find(({ id }) => id === eventId);
  if (event === undefined) throw new RangeError(`the stand-in for Stripe has no event ${eventId}`);
  const { body, signature } = world.stripe.delivery(event, WEBHOOK_SECRET);
  const request = post(JSON.parse(body), { rawBody: Buffer.from(body), headers: { 'stripe-signature': signature } });
  const outcome = await world.call('receive-stripe-events', request);
  if (outcome.kind === 'crashed') return true;
  if (outcome.kind === 'failed' || outcome.reply.status >= 300) {
    const attempts = (world.webhooksRefused.get(eventId) ?? 0) + 1;
    world.webhooksRefused.set(eventId, attempts);
    if (attempts < MAX_WEBHOOK_ATTEMPTS) return outcome.kind === 'failed';
    const { type } = event;
    throw new NeverEnds(
      `promise 17: ${type} was not taken in ${attempts} attempts; the last error: ${world.lastError}`,
    );
  }
  if (!world.permute || world.chance.percent(75)) world.webhooksTaken.add(eventId);
  return true;
}

/** What is still to be done, in words; empty when the month is at rest. */
async function waitingFor(world: SimulatedWorld): Promise<string[]> {
  const { rows } = await world.owner.query<{ what: string }>(`
    select 'event ' || topic || ' in the outbox' as what from outbox where published_at is null
    union all select 'exception ' || class || ' of ' || subject || ' is ' || status from exceptions
      where status = 'retrying' or (status = 'open' and next_attempt_at is not null)
    union all select 'alert ' || title from alerts where next_attempt_at is not null`);
  const deliveries = world.messages.waiting.map(({ subscription }) => `a message of ${subscription.name}`);
  return [...rows.map(({ what }) => what), ...deliveries, ...webhooksWaiting(world).map((id) => `webhook ${id}`)];
}

async function nextDue(world: SimulatedWorld): Promise<number> {
  const { rows } = await world.owner.query<{ due: Date | null }>(`
    select min(next_attempt_at) as due from (
      select next_attempt_at from exceptions union all select next_attempt_at from alerts) waiting`);
  return rows[0]?.due?.getTime() ?? 0;
}
