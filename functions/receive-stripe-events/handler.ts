import { contradictionNotice } from '../../shared/alerts/contradiction-notice.ts';
import { raiseAlert } from '../../shared/alerts/raise.ts';
import { compareAfterVoid } from '../../shared/billing/compare-again.ts';
import { type SettleOutcome, settleInvoice } from '../../shared/billing/settle-invoice.ts';
import { ConfigurationError, required } from '../../shared/configuration/configuration.ts';
import type { Transaction } from '../../shared/database/database.ts';
import { stripeEventFind, stripeEventLock, stripeEventRecord } from '../../shared/database/queries.generated.ts';
import { isLiveKey, pacedStripe } from '../../shared/pace/paced-stripe.ts';
import type { StripeClient } from '../../shared/stripe/client.ts';
import { retrieveInvoice } from '../../shared/stripe/lookup.ts';
import type { StripeInvoice } from '../../shared/stripe/objects.ts';
import { type StripeEventNotice, verifyWebhook } from '../../shared/stripe/webhook.ts';
import type { HttpHandler, HttpReply } from '../http.ts';
import type { World } from '../world.ts';
import { manifest } from './manifest.ts';

const ACTOR = `service:${manifest.name}`;
const STRIPE_TIMEOUT_MS = 10_000;

/** How an event ended. Stripe delivers again whatever is not answered with 2xx. */
type Ending =
  | { readonly kind: 'applied' | 'duplicate' }
  | { readonly kind: 'ignored'; readonly reason: string }
  | { readonly kind: 'refused'; readonly reason: string }
  | { readonly kind: 'later'; readonly reason: string };

/**
 * Follows Stripe's webhooks.
 *
 * A repeat is safe: the event's id is kept in the transaction of its effect, and the effect is a guarded transition. The
 * order of events does not matter: an event only says that something happened, and the invoice is read from Stripe.
 */
export function create(world: World): HttpHandler {
  const { configuration, effects, logger } = world;
  const secretKey = required(configuration.stripeApiKey, 'STRIPE_API_KEY');
  if (configuration.stripeWebhookSecrets.length === 0) {
    throw new ConfigurationError(
      'STRIPE_WEBHOOK_SECRETS is not set: without it no event can be told from a forged one. Set it and start again.',
    );
  }
  const expectation = {
    secrets: configuration.stripeWebhookSecrets,
    livemode: isLiveKey(secretKey),
    account: null,
  };
  const stripe = pacedStripe(world, STRIPE_TIMEOUT_MS);

  return async (request) => {
    if (request.method !== 'POST')
      return { status: 405, headers: { allow: 'POST' }, body: { error: 'Stripe posts events here' } };
    const header = request.headers['stripe-signature'];
    const verdict = await verifyWebhook(request.rawBody, header, { ...expectation, now: effects.now() });
    if (verdict.kind === 'refused') {
      logger.log('WARNING', `a webhook was refused: ${verdict.reason}`);
      return { status: 400, body: { error: verdict.reason } };
    }
    const ending = await take(world, await stripe(), verdict.event);
    const severity = ending.kind === 'refused' ? 'ERROR' : 'INFO';
    logger.log(severity, `${verdict.event.type} ${verdict.event.id}: ${ending.kind}`, { ...ending });
    return reply(ending);
  };
}

function reply(ending: Ending): HttpReply {
  switch (ending.kind) {
    case 'applied':
    case 'duplicate':
    case 'ignored':
      return { status: 200, body: ending };
    case 'refused':
      return { status: 400, body: { error: ending.reason } };
    case 'later':
      return { status: 503, headers: { 'retry-after': '60' }, body: { error: ending.reason } };
    default:
      return ending satisfies never;
  }
}

async function take(world: World, client: StripeClient, event: StripeEventNotice): Promise<Ending> {
  const before = await world.database.first(stripeEventFind, { event_id: event.id });
  if (before) return repeated(before.body_digest, event);
  if (!event.type.startsWith('invoice.'))
    return record(world, event, async () => ({ kind: 'ignored', reason: 'not_about_an_invoice' }));
  const { objectId } = event;
  if (objectId === null || !/^in_\w+$/.test(objectId))
    return record(world, event, async () => ({ kind: 'ignored', reason: 'preview_invoice' }));
  let followed = await readAndFollow(world, client, event, objectId);
  // What contradicts an end that is kept here may only be an old answer: it is read once more, now that the end is kept.
  if (followed.kind === 'contradicts') followed = await readAndFollow(world, client, event, objectId);
  if (followed.kind !== 'contradicts') return followed;
  const notice = contradictionNotice(followed.invoiceId, followed.inStripe);
  return record(world, event, async (transaction) => {
    await raiseAlert(transaction, world.effects.now(), notice);
    return { kind: 'ignored', reason: 'contradicts_final_state' };
  });
}

/** Stripe speaks of another end than the one that is kept here. Nothing is written. */
interface Contradiction {
  readonly kind: 'contradicts';
  readonly invoiceId: string;
  readonly inStripe: StripeInvoice;
}

async function readAndFollow(
  world: World,
  client: StripeClient,
  event: StripeEventNotice,
  stripeInvoiceId: string,
): Promise<Ending | Contradiction> {
  const outcome = await retrieveInvoice(client, stripeInvoiceId);
  switch (outcome.kind) {
    case 'ok':
      return record(world, event, (transaction) => follow(world, transaction, outcome.object));
    case 'refused':
      if (outcome.reason !== 'not_found')
        return { kind: 'later', reason: `Stripe refuses to show the invoice: ${outcome.reason}` };
      return record(world, event, async () => ({ kind: 'ignored', reason: 'not_in_stripe' }));
    case 'retryable':
    case 'unknown':
    case 'conflict':
      return { kind: 'later', reason: `the invoice could not be read from Stripe: ${outcome.reason}` };
    default:
      return outcome satisfies never;
  }
}

type Repeated = { readonly kind: 'duplicate' } | Extract<Ending, { kind: 'refused' }>;

/** Stripe repeats an event with the same content. Another content under the same id did not come from Stripe's log. */
function repeated(bodyDigest: string, event: StripeEventNotice): Repeated {
  if (bodyDigest === event.bodyDigest) return { kind: 'duplicate' };
  return { kind: 'refused', reason: 'event_id_reused_with_another_body' };
}

type Effect = { readonly kind: 'applied' } | Extract<Ending, { kind: 'ignored' | 'later' }>;

/** Keeps the event and its effect together. What must come again, or be read again, is not kept. */
function record<Outcome extends Effect | Contradiction>(
  world: World,
  event: StripeEventNotice,
  apply: (transaction: Transaction) => Promise<Outcome>,
): Promise<Outcome | Repeated> {
  const intent = { actor: ACTOR, why: `Stripe event ${event.id} (${event.type})` };
  return world.database.transaction(intent, async (transaction): Promise<Outcome | Repeated> => {
    await transaction.rows(stripeEventLock, { event_id: event.id });
    const before = await transaction.first(stripeEventFind, { event_id: event.id });
    if (before) return repeated(before.body_digest, event);
    const effect = await apply(transaction);
    if (effect.kind === 'later' || effect.kind === 'contradicts') return effect;
    await transaction.rows(stripeEventRecord, {
      event_id: event.id,
      type: event.type,
      object_id: event.objectId,
      created_at: event.created,
      body_digest: event.bodyDigest,
      outcome: effect.kind,
      reason: effect.kind === 'ignored' ? effect.reason : null,
      applied_at: world.effects.now(),
    });
    return effect;
  });
}

async function follow(
  world: World,
  transaction: Transaction,
  inStripe: StripeInvoice,
): Promise<Effect | Contradiction> {
  const outcome: SettleOutcome = await settleInvoice(transaction, inStripe);
  switch (outcome.kind) {
    case 'settled':
      if (outcome.to === 'void') await compareAfterVoid(transaction, world.effects, outcome.invoiceId);
      return { kind: 'applied' };
    case 'early':
      return { kind: 'later', reason: `invoice ${outcome.invoiceId} is still being issued here` };
    case 'contradicts':
      return { kind: 'contradicts', invoiceId: outcome.invoiceId, inStripe };
    case 'ignored':
      return { kind: 'ignored', reason: outcome.reason };
    default:
      return outcome satisfies never;
  }
}
