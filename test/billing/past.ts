import type { TestDatabase } from '../database/fixture.ts';

/** An earlier month as it stands after its close: one line of requests for each customer, in minor units of usd. */
export async function billedBefore(
  db: TestDatabase,
  period: string,
  totals: Readonly<Record<string, bigint>>,
  quantity = '1',
): Promise<void> {
  await db.owner.query('set session_replication_role = replica');
  await db.owner.query(
    `insert into billing_runs (run_id, scope, period, status, period_from, period_to, grace_until, author, approver, approved_at, opened_at, closed_by, closed_at)
     values ($1, 'month', $1, 'closed', ($1 || '-01')::date, (($1 || '-01')::date + interval '1 month')::date, now(), 'service:validate-usage', 'person:fay', now(), now(), 'person:fay', now())
     on conflict do nothing`,
    [period],
  );
  for (const [customer, total] of Object.entries(totals)) {
    const invoice = `${period}/${customer}/usage`;
    await db.owner.query(
      `insert into invoices (invoice_id, run_id, fencing_token, customer_id, period, series, status, currency, subtotal, total, document, document_digest, stripe_invoice_id, rated_at)
       values ($1, $2, 1, $3, $2, 'usage', 'paid', 'usd', $4, $4, '{}', 'sha256:past', 'in_' || $1, now())`,
      [invoice, period, customer, total],
    );
    await db.owner.query(
      `insert into charges select $1, 1, $2, 'billed', 0, $3, contract_id, '2026-09-01', '2026-10-01', 'requests', 'API requests', null, 'usd', $5, '1', $4,
         'requests * price', c.formula_digest, usage_plan_version, c.parameters_digest, 'sha256:usage', '{}', '[]'
       from contracts k, (values ('sha256:formula', 'sha256:parameters')) c (formula_digest, parameters_digest) where k.customer_id = $2 limit 1`,
      [period, customer, invoice, total, quantity],
    );
  }
  await db.owner.query('set session_replication_role = origin');
}
