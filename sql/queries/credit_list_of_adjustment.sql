-- The credits of an adjustment.
select credit_id, kind, invoice_id, carrier_invoice_id, currency, amount, status, stripe_id, failure_detail, idempotency_key, body_digest, committed_at, answered_at
from credits where adjustment_id = :adjustment_id order by length(credit_id), credit_id;
