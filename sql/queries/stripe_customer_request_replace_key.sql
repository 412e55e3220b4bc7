-- Gives the request another key once the old one can bring nothing any more and a lookup has shown that nothing stands in
-- Stripe; an answer that spoke of a customer that is gone from there goes with it.
update stripe_customer_requests set status = 'committed', idempotency_key = :idempotency_key, committed_at = :committed_at,
  response = null, answered_at = null
where customer_id = :customer_id and status in ('committed', 'answered')
returning customer_id;
