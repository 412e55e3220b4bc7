-- Gives the request another key after Stripe has stored an error under the old one and a lookup has shown that nothing was done.
update stripe_customer_requests set idempotency_key = :idempotency_key, committed_at = :committed_at
where customer_id = :customer_id and status = 'committed'
returning customer_id;
