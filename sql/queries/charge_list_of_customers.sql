-- The lines of some customers in a run under a token, billed and shadow, in their order, with everything that was fixed when they were rated.
select customer_id, rating_number, purpose, position, invoice_id, contract_id, segment_from, segment_to, line_key, label, project_id, currency, quantity, exact, amount,
  formula, formula_digest, plan_version, parameters_digest, usage_digest, inputs, details, adjustment_id
from charges
where run_id = :run_id and fencing_token = :fencing_token and customer_id = any(:customers::text[])
order by customer_id, rating_number, purpose, position;
