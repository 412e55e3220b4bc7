-- The corrected terms that some invoices were rated by.
select n.invoice_id, t.contract_id, t.legacy_plan_version, t.usage_plan_version, t.overrides
from invoice_corrected_terms n join term_corrections t using (contract_id, period, number)
where n.invoice_id = any(:invoice_ids::text[])
order by n.invoice_id, t.contract_id;
