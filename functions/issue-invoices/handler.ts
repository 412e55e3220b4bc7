import { issueInvoice } from '../../shared/billing/issue-invoice.ts';
import { Unprocessable } from '../../shared/events/receive.ts';
import { pacedStripe } from '../../shared/pace/paced-stripe.ts';
import type { HttpHandler } from '../http.ts';
import { onRepeatableEvent } from '../push.ts';
import type { World } from '../world.ts';

const STRIPE_TIMEOUT_MS = 20_000;

/**
 * Issues one invoice. A repeat is safe: each request to Stripe is kept before it is sent, and each step looks at what
 * is there already. A failure of Stripe answers 200: the invoice's exception decides when it is tried again.
 */
export function create(world: World): HttpHandler {
  const stripe = pacedStripe(world, STRIPE_TIMEOUT_MS);
  return onRepeatableEvent(world, 'issue-invoices', 'invoice.approved', async (event) => {
    const { invoiceId } = event.data;
    const outcome = await issueInvoice(
      { database: world.database, effects: world.effects, stripe },
      invoiceId,
      'service:issue-invoices',
    );
    if (outcome.kind === 'unknown_invoice') throw new Unprocessable(`there is no invoice ${invoiceId}`);
    world.logger.log(outcome.kind === 'failed' ? 'WARNING' : 'INFO', `invoice ${invoiceId}: ${outcome.kind}`, {
      outcome,
    });
  });
}
