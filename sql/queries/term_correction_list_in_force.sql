-- The corrected terms of some customers' contracts in a period.
select t.contract_id, t.legacy_plan_version, t.usage_plan_version, t.overrides
from term_corrections t join contracts k using (contract_id)
where k.customer_id = any(:customers::text[]) and t.period = :period and t.status = 'approved';
