-- The lines of some invoices, with the title of their plan, in the byte order of the invoices' ids and then in their own.
select c.invoice_id as "invoice_id!", c.position, c.line_key, c.label, c.project_id, c.contract_id, c.segment_from, c.segment_to,
  v.plan, c.plan_version, c.formula, c.quantity, c.exact, c.amount, c.formula_digest, c.parameters_digest, c.usage_digest, c.adjustment_id
from charges c join plan_versions v using (plan_version)
where c.invoice_id = any(:invoice_ids::text[])
order by c.invoice_id collate "C", c.position;
