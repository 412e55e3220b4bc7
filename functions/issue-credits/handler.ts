import { required } from '../../shared/configuration/configuration.ts';
import { issueCredit } from '../../shared/corrections/issue-credit.ts';
import { Unprocessable } from '../../shared/events/receive.ts';
import { openStripeClient, type StripeClient } from '../../shared/stripe/client.ts';
import type { HttpHandler } from '../http.ts';
import { onRepeatableEvent } from '../push.ts';
import type { World } from '../world.ts';

const STRIPE_TIMEOUT_MS = 20_000;

/**
 * Gives one credit back. A repeat is safe: Stripe is asked for it first, and its request is kept before it is sent. A
 * failure of Stripe answers 200: the credit's exception decides when it is tried again.
 */
export function create(world: World): HttpHandler {
  const { configuration, effects } = world;
  const secretKey = required(configuration.stripeApiKey, 'STRIPE_API_KEY');
  const apiBase = configuration.stripeApiBase ?? 'https://api.stripe.com';
  let client: Promise<StripeClient> | undefined;
  const stripe = () => {
    client ??= openStripeClient({ apiBase, secretKey, timeoutMs: STRIPE_TIMEOUT_MS }, effects);
    return client;
  };
  return onRepeatableEvent(world, 'issue-credits', 'credit.approved', async (event) => {
    const { creditId } = event.data;
    const outcome = await issueCredit({ database: world.database, effects, stripe }, creditId, 'service:issue-credits');
    if (outcome.kind === 'unknown_credit') throw new Unprocessable(`there is no credit ${creditId}`);
    world.logger.log(outcome.kind === 'failed' ? 'WARNING' : 'INFO', `credit ${creditId}: ${outcome.kind}`, {
      outcome,
    });
  });
}
