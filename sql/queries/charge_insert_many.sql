-- Writes the charges of a shard in one statement, from a JSON array whose amounts are text.
insert into charges (run_id, fencing_token, customer_id, rating_number, purpose, position, invoice_id, contract_id, segment_from, segment_to,
  line_key, label, project_id, currency, quantity, exact, amount, formula, formula_digest, plan_version, parameters_digest, usage_digest, inputs, details, adjustment_id)
select :run_id, :fencing_token::int, r.customer_id, r.rating_number, r.purpose, r.position, r.invoice_id, r.contract_id, r.segment_from, r.segment_to,
  r.line_key, r.label, r.project_id, r.currency, r.quantity, r.exact, r.amount, r.formula, r.formula_digest, r.plan_version, r.parameters_digest, r.usage_digest, r.inputs, r.details, r.adjustment_id
from jsonb_to_recordset(:charges::jsonb) r (customer_id text, rating_number int, purpose charge_purpose, position int, invoice_id text, contract_id text, segment_from date, segment_to date,
  line_key text, label text, project_id text, currency text, quantity text, exact text, amount bigint, formula text, formula_digest text, plan_version text,
  parameters_digest text, usage_digest text, inputs text, details text, adjustment_id text);
