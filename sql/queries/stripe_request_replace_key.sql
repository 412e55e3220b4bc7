-- Gives a request another key once the old one can bring nothing any more and a lookup has shown that nothing stands in
-- Stripe; an answer that spoke of what is gone from there goes with it. No row means that the request was put aside: the
-- invoice is void, and nothing may be sent for it.
update stripe_requests set status = 'committed', idempotency_key = :idempotency_key, committed_at = :committed_at,
  response = null, answered_at = null
where invoice_id = :invoice_id and step = :step and status in ('committed', 'answered')
returning step;
