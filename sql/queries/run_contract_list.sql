-- The contracts of some customers as a run pinned them under a token.
select contract_id, customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, ends_on
from run_contracts
where run_id = :run_id and fencing_token = :fencing_token and customer_id = any(:customers::text[])
order by customer_id, starts_on;
