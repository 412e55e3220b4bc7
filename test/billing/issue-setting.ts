import { onTestFinished } from 'vitest';
import { carryOutVoid } from '../../shared/billing/carry-out-void.ts';
import { issueInvoice } from '../../shared/billing/issue-invoice.ts';
import { approveVoid, askVoid } from '../../shared/billing/void-invoice.ts';
import { canonicalJson, digest } from '../../shared/canonical/canonical-json.ts';
import type { InvoiceStatus } from '../../shared/database/queries.generated.ts';
import type { Effects } from '../../shared/effects/effects.ts';
import { openStripeClient, type StripeClient } from '../../shared/stripe/client.ts';
import { createTestDatabase, type TestDatabase } from '../database/fixture.ts';
import { type StripeStandIn, startStripeStandIn } from '../local-cloud/stripe/server.ts';
import { NO_PACE } from '../stripe/no-pace.ts';
import { createCustomer, openClient } from '../stripe/stand-in.ts';

export const NOW = new Date('2026-11-02T10:00:00Z');

/** A clock that tests move by hand, and everything else real. */
export function movableEffects(): Effects & { move(milliseconds: number): void } {
  let time = NOW.getTime();
  return {
    now: () => new Date(time),
    uuid: () => crypto.randomUUID(),
    fraction: () => 0.5,
    perform: (_effect, run) => run(),
    move: (milliseconds) => {
      time += milliseconds;
    },
  };
}

export interface KeptInvoice {
  readonly customer: string;
  readonly currency: string;
  /** Minor units, one line each. */
  readonly amounts: readonly bigint[];
  readonly status: InvoiceStatus;
  readonly generation: number;
  readonly period: string;
  readonly holdReason: string | null;
}

const USUAL: KeptInvoice = {
  customer: 'acme',
  currency: 'usd',
  amounts: [100n, 200n],
  status: 'approved',
  generation: 0,
  period: '2026-10',
  holdReason: null,
};

export interface SettingOptions {
  /** The customer in Stripe is made, and the mapping kept. */
  readonly mapped?: boolean;
  readonly tax?: 'none' | 'stripe_tax';
  readonly collection?: 'send_invoice' | 'charge_automatically';
  readonly timeoutMs?: number;
}

/** A database with a signed-off run, a stand-in for Stripe, and invoices as a test asks for them. */
export interface IssueSetting {
  readonly db: TestDatabase;
  readonly effects: ReturnType<typeof movableEffects>;
  readonly stripe: StripeStandIn;
  readonly client: StripeClient;
  readonly dependencies: Parameters<typeof issueInvoice>[0];
  readonly stripeCustomerId: string;
  /** Puts an invoice into the database as an approved run left it; its id. */
  keep(invoice?: Partial<KeptInvoice>): Promise<string>;
  issue(invoiceId?: string): ReturnType<typeof issueInvoice>;
  issueUntilDone(invoiceId?: string, attempts?: number): Promise<number>;
  /** Ben asks, Fay approves and carries out. */
  voidIt(invoiceId?: string): Promise<Awaited<ReturnType<typeof carryOutVoid>>>;
  row(invoiceId?: string): Promise<{
    status: InvoiceStatus;
    hold_reason: string | null;
    failure_detail: string | null;
    stripe_invoice_id: string | null;
  }>;
  /** The live exceptions, as `class: reason`. */
  exceptions(): Promise<readonly string[]>;
  runStatus(): Promise<string>;
}

export const INVOICE = '2026-10/acme/usage';

export async function startIssueTest(options: SettingOptions = {}): Promise<IssueSetting> {
  const effects = movableEffects();
  const [db, stripe] = await Promise.all([
    createTestDatabase(effects),
    startStripeStandIn({ port: 0, now: () => effects.now() }),
  ]);
  onTestFinished(async () => {
    await stripe.close();
    await db.remove();
  });
  const configuration = { apiBase: stripe.url, secretKey: 'sk_test_daybook', timeoutMs: options.timeoutMs ?? 1_000 };
  const client = await openStripeClient(configuration, effects, NO_PACE);
  const stripeCustomerId = options.mapped === false ? '' : await createCustomer(await openClient(stripe.url), 'acme');
  await seed(db, options, stripeCustomerId);
  const dependencies = { database: db.database, effects, stripe: async () => client };
  const issue = (invoiceId = INVOICE) => issueInvoice(dependencies, invoiceId, 'service:issue-invoices');
  return {
    ...{ db, effects, stripe, client, dependencies, stripeCustomerId, issue },
    keep: (invoice = {}) => keepInvoice(db, { ...USUAL, ...invoice }),
    issueUntilDone: async (invoiceId = INVOICE, attempts = 12) => {
      for (let attempt = 1; attempt <= attempts; attempt += 1) {
        const outcome = await issue(invoiceId);
        if (outcome.kind === 'issued' || outcome.kind === 'already_issued') return attempt;
      }
      throw new Error(`not issued after ${attempts} attempts`);
    },
    voidIt: async (invoiceId = INVOICE) => {
      await askVoid(dependencies, { invoiceId, actor: 'person:ben', why: 'wrong customer' });
      await approveVoid(dependencies, { invoiceId, actor: 'person:fay', why: 'agreed' });
      return carryOutVoid(dependencies, invoiceId, 'person:fay');
    },
    row: async (invoiceId = INVOICE) => {
      const text = 'select status, hold_reason, failure_detail, stripe_invoice_id from invoices where invoice_id = $1';
      return (await db.owner.query(text, [invoiceId])).rows[0];
    },
    exceptions: async () => {
      const text = `select class, reason from exceptions where status not in ('resolved', 'waived') order by class`;
      return (await db.owner.query(text)).rows.map((row) => `${row.class}: ${row.reason}`);
    },
    runStatus: async () => (await db.owner.query('select status from billing_runs')).rows[0].status,
  };
}

async function seed(db: TestDatabase, options: SettingOptions, stripeCustomerId: string): Promise<void> {
  const { tax = 'none', collection = 'send_invoice' } = options;
  await db.owner.query(`insert into principals (principal, kind, roles, owner) values
    ('person:ana', 'person', '{author}', null), ('person:ben', 'person', '{approver}', null),
    ('person:fay', 'person', '{finance}', null), ('person:omar', 'person', '{operator}', null),
    ('service:ben-bot', 'service', '{approver,finance}', 'person:ben')`);
  await db.owner.query('set session_replication_role = replica');
  await db.owner.query('insert into customers values ($1, $1, $2)', [
    'acme',
    stripeCustomerId === '' ? null : stripeCustomerId,
  ]);
  await db.owner.query(
    `insert into contracts (contract_id, customer_id, mode, usage_plan_version, starts_on, status, author, approver, diagnostics, collection_method, days_until_due, tax)
     values ('acme-1', 'acme', 'usage', 'sha256:plan', '2026-01-01', 'active', 'person:ana', 'person:ben', '[]', $1, $2, $3)`,
    [collection, collection === 'send_invoice' ? 30 : null, tax],
  );
  await db.owner.query(
    `insert into billing_runs (run_id, scope, period, status, period_from, period_to, grace_until, author, approver, approved_at, opened_at)
     values ('2026-10', 'monthly', '2026-10', 'issuing', '2026-10-01', '2026-11-01', $1, 'service:validate-usage', 'person:fay', $1, $1)`,
    [NOW],
  );
  await db.owner.query('set session_replication_role = origin');
}

async function keepInvoice(db: TestDatabase, invoice: KeptInvoice): Promise<string> {
  const { customer, period, currency, amounts, generation } = invoice;
  const invoiceId = `${period}/${customer}/usage${generation === 0 ? '' : `/${generation + 1}`}`;
  const total = amounts.reduce((sum, amount) => sum + amount, 0n);
  const document = canonicalJson({
    segments: [{ contract: 'acme-1', from: `${period}-01`, to: '2026-11-01' }],
    lines: amounts.map((amount, index) => ({
      key: `requests:project-${index}`,
      label: 'API requests',
      segment: 0,
      project: `project-${index}`,
      quantity: '1',
      amount: amount.toString(),
      formula: { text: 'requests', digest: 'sha256:formula' },
    })),
    subtotal: total.toString(),
  });
  await db.owner.query('set session_replication_role = replica');
  await db.owner.query(
    `insert into invoices (invoice_id, run_id, fencing_token, customer_id, period, series, generation, status, currency, subtotal, total, document, document_digest, rated_at, hold_reason)
     values ($1, '2026-10', 1, $2, $3, 'usage', $4, $5, $6, $7, $7, $8, $9, $10, $11)`,
    [
      invoiceId,
      customer,
      period,
      generation,
      invoice.status,
      currency,
      total,
      document,
      digest(document),
      NOW,
      invoice.holdReason,
    ],
  );
  await db.owner.query('set session_replication_role = origin');
  return invoiceId;
}
