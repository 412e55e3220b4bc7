-- Keeps the request that makes a customer in Stripe before it is sent. A row comes back only for who kept it first.
insert into stripe_customer_requests (customer_id, idempotency_key, method, path, body, body_digest, status, committed_at)
values (:customer_id, :idempotency_key, :method, :path, :body, :body_digest, 'committed', :committed_at)
on conflict (customer_id) do nothing
returning customer_id;
