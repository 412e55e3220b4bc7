-- The request that makes a customer in Stripe, as committed.
select idempotency_key, method, path, body, body_digest, status, committed_at from stripe_customer_requests where customer_id = :customer_id;
