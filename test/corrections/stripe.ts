import { issueInvoice } from '../../shared/billing/issue-invoice.ts';
import { issueCredit } from '../../shared/corrections/issue-credit.ts';
import type { Database } from '../../shared/database/database.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { openStripeClient, type StripeClient } from '../../shared/stripe/client.ts';
import { stripeCustomerSchema } from '../../shared/stripe/objects.ts';
import { postRequest } from '../../shared/stripe/request.ts';
import { sendRequest } from '../../shared/stripe/send.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { type StripeStandIn, startStripeStandIn } from '../local-cloud/stripe/server.ts';
import { NO_PACE } from '../stripe/no-pace.ts';
import { EFFECTS, rowsOf } from './setting.ts';

export interface Issuing {
  readonly stripe: StripeStandIn;
  readonly client: StripeClient;
}

/** A stand-in for Stripe that knows acme. */
export async function openStripe(db: TestDatabase, effects: Effects = EFFECTS): Promise<Issuing> {
  const stripe = await startStripeStandIn({ port: 0 });
  const client = await openStripeClient(
    { apiBase: stripe.url, secretKey: 'sk_test_daybook', timeoutMs: 5_000 },
    effects,
    NO_PACE,
  );
  const request = postRequest('create', '/v1/customers', 'customer', { name: 'Acme' });
  const created = await sendRequest(client, request, stripeCustomerSchema);
  if (created.kind !== 'ok') throw new Error(created.kind);
  await db.owner.query(`update customers set stripe_customer_id = $1 where customer_id = 'acme'`, [created.object.id]);
  return { stripe, client };
}

/** Issues every released invoice of a period, as issue-invoices does. */
export async function issueAll(db: TestDatabase, { client }: Issuing, period: string): Promise<void> {
  const rows = await rowsOf(db, `select invoice_id from invoices where period = '${period}' and status = 'approved'`);
  for (const { invoice_id } of rows) {
    const outcome = await issueInvoice(
      { database: db.database, effects: EFFECTS, stripe: async () => client },
      String(invoice_id),
      'service:issue-invoices',
    );
    if (outcome.kind !== 'issued') throw new Error(`${invoice_id}: ${JSON.stringify(outcome)}`);
  }
}

/** One delivery of each credit that was let go, as issue-credits takes it. */
export async function issueCredits(
  owner: TestDatabase,
  { client }: Issuing,
  database: Database = owner.database,
  effects: Effects = EFFECTS,
) {
  const rows = await rowsOf(
    owner,
    `select body::jsonb #>> '{data,creditId}' as credit from outbox where topic = 'credit.approved' order by 1`,
  );
  const outcomes = [];
  for (const { credit } of rows)
    outcomes.push(
      await issueCredit({ database, effects, stripe: async () => client }, String(credit), 'service:issue-credits'),
    );
  return outcomes;
}

/** What Stripe says of acme's credit notes and balance. */
export async function givenBack(client: StripeClient, stripe: StripeStandIn) {
  const read = async (path: string) => {
    const answer = await client.sdk.rawRequest('GET', path);
    return (answer as unknown as { data: { invoice?: string; total?: number; amount: number }[] }).data;
  };
  const customer = stripe.invoices()[0]?.customer ?? '';
  const notes = await read('/v1/credit_notes?limit=100');
  const entries = await read(`/v1/customers/${customer}/balance_transactions?limit=100`);
  return { notes: notes.map(({ amount }) => amount).sort(), balance: entries.map(({ amount }) => amount) };
}
