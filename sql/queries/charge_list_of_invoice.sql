-- The lines of an invoice in their order, with everything that was fixed when they were rated (promise 6).
select position, purpose, adjustment_id, contract_id, segment_from, segment_to, line_key, label, project_id, currency, quantity, exact, amount,
  formula, formula_digest, plan_version, parameters_digest, usage_digest, inputs, details
from charges
where invoice_id = :invoice_id
order by position;
