-- The requests of an invoice, as committed.
select step, idempotency_key, method, path, body, body_digest, status, committed_at, answered_at from stripe_requests
where invoice_id = :invoice_id order by committed_at, step;
