-- A credit with what its request is made from.
select k.credit_id, k.adjustment_id, k.kind, k.customer_id, k.invoice_id, k.carrier_invoice_id, k.currency, k.amount, k.status, k.idempotency_key, k.path, k.body,
  k.body_digest, k.stripe_id, k.failure_detail, a.period, i.stripe_invoice_id as "stripe_invoice_id?", i.status as "invoice_status?", r.status as "carrier_status?",
  c.stripe_customer_id
from credits k join adjustments a using (adjustment_id) join customers c on c.customer_id = k.customer_id
left join invoices i on i.invoice_id = k.invoice_id
left join invoices r on r.invoice_id = k.carrier_invoice_id
where k.credit_id = :credit_id;
