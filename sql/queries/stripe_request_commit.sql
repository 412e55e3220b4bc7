-- Keeps a request to Stripe before it is sent. A row comes back only for who kept it first.
insert into stripe_requests (invoice_id, step, idempotency_key, method, path, body, body_digest, status, committed_at)
values (:invoice_id, :step, :idempotency_key, :method, :path, :body, :body_digest, 'committed', :committed_at)
on conflict (invoice_id, step) do nothing
returning step;
