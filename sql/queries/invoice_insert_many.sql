-- Keeps the rated invoices of a shard in one statement. The index of promise 4 refuses a second live one of an obligation.
insert into invoices (invoice_id, run_id, fencing_token, customer_id, period, series, generation, rating_number, author, status, currency, subtotal, total, document, document_digest, hold_reason, rated_at)
select r.invoice_id, :run_id, :fencing_token::int, r.customer_id, :period, :series, r.generation, r.rating_number, :author?, r.status, r.currency, r.subtotal, r.subtotal, r.document, r.document_digest, r.hold_reason, :rated_at
from unnest(:invoice_ids::text[], :customer_ids::text[], :generations::int[], :rating_numbers::int[], :statuses::invoice_status[], :currencies::text[], :subtotals::bigint[],
  :documents::text[], :document_digests::text[], :hold_reasons?::text[])
  r (invoice_id, customer_id, generation, rating_number, status, currency, subtotal, document, document_digest, hold_reason);
