import { issueInvoice } from '../../shared/billing/issue-invoice.ts';
import { approveRun } from '../../shared/billing/sign-off.ts';
import { digest } from '../../shared/canonical/canonical-json.ts';
import { type Database, openDatabase, type Transaction } from '../../shared/database/database.ts';
import { publishOutbox } from '../../shared/events/outbox.ts';
import { openStripeClient } from '../../shared/stripe/client.ts';
import { stripeCustomerSchema } from '../../shared/stripe/objects.ts';
import { postRequest } from '../../shared/stripe/request.ts';
import { sendRequest } from '../../shared/stripe/send.ts';
import { EFFECTS, PERIOD, ratedMonth } from '../cli/month.ts';
import type { TestDatabase } from '../database/fixture.ts';
import { startStripeStandIn } from '../local-cloud/stripe/server.ts';
import { NO_PACE } from '../stripe/no-pace.ts';

export const INVOICE = '2026-10/acme/usage';

/** A month that went its whole way: rated, signed off, issued and finalized in Stripe, its facts published. */
export async function issuedMonth(): Promise<TestDatabase> {
  const db = await ratedMonth();
  const { database, owner } = db;
  await approveRun({ database, effects: EFFECTS }, { runId: PERIOD, approver: 'person:fay', why: 'totals compared' });
  const stripe = await startStripeStandIn({ port: 0 });
  try {
    const client = await openStripeClient(
      { apiBase: stripe.url, secretKey: 'sk_test_daybook', timeoutMs: 5_000 },
      EFFECTS,
      NO_PACE,
    );
    const created = await sendRequest(
      client,
      postRequest('create', '/v1/customers', 'customer', { name: 'Acme' }),
      stripeCustomerSchema,
    );
    if (created.kind !== 'ok') throw new Error(created.kind);
    await owner.query(`update customers set stripe_customer_id = $1 where customer_id = 'acme'`, [created.object.id]);
    const dependencies = { database, effects: EFFECTS, stripe: async () => client };
    const issued = await issueInvoice(dependencies, INVOICE, 'service:issue-invoices');
    if (issued.kind !== 'issued') throw new Error(JSON.stringify(issued));
  } finally {
    await stripe.close();
  }
  const nowhere = { publish: async () => undefined, close: async () => undefined };
  await publishOutbox(database, nowhere, EFFECTS, 'service:sweep-outbox');
  return db;
}

class Undone extends Error {}

/** Someone with the rights of a superuser, who switches every trigger off. */
export class Intruder {
  readonly #database: Database;

  constructor(url: string) {
    this.#database = openDatabase({ url, role: null, poolSize: 1, applicationName: 'intruder' }, EFFECTS);
  }

  /** What `look` sees after the statements, which are taken back afterwards. */
  async afterwards<T>(statements: readonly string[], look: (transaction: Transaction) => Promise<T>): Promise<T> {
    let seen: { readonly value: T } | undefined;
    const work = async (transaction: Transaction): Promise<void> => {
      await run(transaction, `select set_config('session_replication_role', 'replica', true)`);
      for (const statement of statements) await run(transaction, statement);
      seen = { value: await look(transaction) };
      throw new Undone();
    };
    await this.#database.transaction({ actor: 'intruder', why: 'to see who notices' }, work).catch((error: unknown) => {
      if (!(error instanceof Undone)) throw error;
    });
    if (seen === undefined) throw new Error('the intruder saw nothing');
    return seen.value;
  }

  close(): Promise<void> {
    return this.#database.close();
  }
}

function run(transaction: Transaction, text: string): Promise<unknown> {
  return transaction.rows({ name: digest(text).slice(0, 60), parameters: [], text }, {});
}
