import { onTestFinished } from 'vitest';
import { create } from '../../functions/receive-stripe-events/handler.ts';
import { canonicalJson, digest } from '../../shared/canonical/canonical-json.ts';
import type { InvoiceStatus } from '../../shared/database/queries.generated.ts';
import { systemEffects } from '../../shared/effects/system.ts';
import { request, testWorld } from '../console/world.ts';
import { createTestDatabase } from '../database/fixture.ts';
import { signWebhook } from '../local-cloud/stripe/webhooks.ts';
import { localInvoice } from '../stripe/invoices.ts';
import { makeDraft, send, startStripeTest, step } from '../stripe/stand-in.ts';

export const SECRET = 'whsec_test_current';
export const OLD_SECRET = 'whsec_test_before';
export const NOW = new Date('2026-11-02T10:00:00Z');

export interface EventFields {
  readonly id?: string;
  readonly type?: string;
  /** The id of the object; null for one that has none. */
  readonly object?: string | null;
  readonly livemode?: boolean;
  readonly account?: string;
  readonly note?: string;
  /** Deliveries that are still to be made: Stripe counts them down from one delivery to the next. */
  readonly pendingWebhooks?: number;
}

/** A Stripe stand-in with one open invoice, and the handler over a database that has the same invoice. */
export async function startWebhookTest(status: InvoiceStatus = 'finalized') {
  const stripe = await startStripeTest();
  const draft = await makeDraft(stripe);
  await send(stripe.client, step(stripe.invoice, 'finalize'), draft.id);
  const effects = { ...systemEffects(), now: () => NOW };
  const test = await createTestDatabase(effects);
  onTestFinished(() => test.remove());
  await keepInvoice(test, draft.id, status);
  const { world, lines } = testWorld(
    test,
    {
      STRIPE_API_KEY: 'sk_test_daybook',
      STRIPE_API_BASE: stripe.standIn.url,
      STRIPE_WEBHOOK_SECRETS: `${SECRET},${OLD_SECRET}`,
    },
    effects,
  );
  const handler = create(world);

  const body = ({
    id = 'evt_1',
    type = 'invoice.paid',
    object = draft.id,
    livemode = false,
    account,
    note,
    pendingWebhooks = 1,
  }: EventFields = {}) =>
    JSON.stringify({
      id,
      object: 'event',
      type,
      created: NOW.getTime() / 1000 - 5,
      livemode,
      account,
      pending_webhooks: pendingWebhooks,
      data: { object: { id: object ?? undefined, amount_paid: 1, note } },
    });
  const post = (text: string | Buffer, signature: string | undefined) =>
    handler(request('POST', '/', { rawBody: Buffer.from(text), headers: { 'stripe-signature': signature } }));
  return {
    ...{ test, world, lines, standIn: stripe.standIn, stripeInvoiceId: draft.id, body, post },
    ...{ client: stripe.client, localInvoice: stripe.invoice },
    /** Delivers an event as Stripe does. */
    deliver: (fields: EventFields = {}, secret = SECRET, at = NOW) => {
      const text = body(fields);
      return post(text, signWebhook(text, secret, Math.floor(at.getTime() / 1000)));
    },
    /** Does to the invoice what only Stripe can do. */
    inStripe: async (action: 'void' | 'mark_uncollectible', id = draft.id) => {
      const address = `${stripe.standIn.url}/v1/invoices/${id}/${action}`;
      const response = await fetch(address, {
        method: 'POST',
        headers: { authorization: 'Bearer sk_test_daybook', 'idempotency-key': `${action}:${id}` },
      });
      if (!response.ok) throw new Error(await response.text());
    },
    invoice: async () => (await test.owner.query('select status, subtotal, total from invoices')).rows[0],
    events: async () =>
      (await test.owner.query('select event_id, outcome, reason from stripe_events order by event_id')).rows,
  };
}

async function keepInvoice(
  test: Awaited<ReturnType<typeof createTestDatabase>>,
  stripeInvoiceId: string,
  status: InvoiceStatus,
): Promise<void> {
  const { customerId, period, series, lines } = localInvoice();
  const total = lines.reduce((sum, line) => sum + line.amount, 0n);
  const document = canonicalJson({ invoice: `${period}/${customerId}/${series}` });
  await test.owner.query('set session_replication_role = replica');
  await test.owner.query('insert into customers (customer_id, name) values ($1, $1)', [customerId]);
  await test.owner.query(
    `insert into invoices (invoice_id, run_id, fencing_token, customer_id, period, series, status, currency, subtotal, total, document, document_digest, stripe_invoice_id, rated_at)
     values ($1, $2, 1, $3, $2, $4, $5, 'usd', $6, $6, $7, $8, $9, now())`,
    [
      `${period}/${customerId}/${series}`,
      period,
      customerId,
      series,
      status,
      total,
      document,
      digest(document),
      stripeInvoiceId,
    ],
  );
  await test.owner.query('set session_replication_role = origin');
}
