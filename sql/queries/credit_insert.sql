-- Plans credits, from a JSON array whose amounts are text.
insert into credits (credit_id, adjustment_id, kind, customer_id, invoice_id, carrier_invoice_id, currency, amount, status, planned_at)
select k.credit_id, k.adjustment_id, k.kind, k.customer_id, k.invoice_id, k.carrier_invoice_id, k.currency, k.amount, 'planned', :planned_at::timestamptz
from jsonb_to_recordset(:credits::jsonb) k (credit_id text, adjustment_id text, kind credit_kind, customer_id text, invoice_id text,
  carrier_invoice_id text, currency text, amount bigint);
