import { issueCredit } from '../../shared/corrections/issue-credit.ts';
import { Unprocessable } from '../../shared/events/receive.ts';
import { pacedStripe } from '../../shared/pace/paced-stripe.ts';
import type { HttpHandler } from '../http.ts';
import { onRepeatableEvent } from '../push.ts';
import type { World } from '../world.ts';

const STRIPE_TIMEOUT_MS = 20_000;

/**
 * Gives one credit back. A repeat is safe: Stripe is asked for it first, and its request is kept before it is sent. A
 * failure of Stripe answers 200: the credit's exception decides when it is tried again.
 */
export function create(world: World): HttpHandler {
  const stripe = pacedStripe(world, STRIPE_TIMEOUT_MS);
  return onRepeatableEvent(world, 'issue-credits', 'credit.approved', async (event) => {
    const { creditId } = event.data;
    const outcome = await issueCredit(
      { database: world.database, effects: world.effects, stripe },
      creditId,
      'service:issue-credits',
    );
    if (outcome.kind === 'unknown_credit') throw new Unprocessable(`there is no credit ${creditId}`);
    world.logger.log(outcome.kind === 'failed' ? 'WARNING' : 'INFO', `credit ${creditId}: ${outcome.kind}`, {
      outcome,
    });
  });
}
