-- Gives a request another key after Stripe has stored a server error under the old one and a lookup has shown that nothing was done.
update stripe_requests set idempotency_key = :idempotency_key, committed_at = :committed_at
where invoice_id = :invoice_id and step = :step and status = 'committed'
returning step;
