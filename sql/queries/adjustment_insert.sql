-- Keeps the adjustments of a shard in one statement, from a JSON array whose amounts are text.
insert into adjustments (adjustment_id, customer_id, period, run_id, rerating, inputs_digest, currency, billed, corrected, total,
  document, document_digest, status, author, proposed_at)
select a.adjustment_id, a.customer_id, :period, :run_id, :rerating::int, a.inputs_digest, a.currency, a.billed, a.corrected, a.total,
  a.document, a.document_digest, 'proposed', :author, :proposed_at::timestamptz
from jsonb_to_recordset(:adjustments::jsonb) a (adjustment_id text, customer_id text, inputs_digest text, currency text, billed bigint,
  corrected bigint, total bigint, document text, document_digest text);
