-- The requests of some invoices, as committed.
select invoice_id, step, idempotency_key, method, path, body, body_digest from stripe_requests
where invoice_id = any(:invoice_ids::text[])
order by invoice_id, step;
