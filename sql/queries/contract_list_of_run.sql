-- The contracts of some customers that have days in a run, with their terms.
select k.contract_id, k.customer_id, k.mode, k.legacy_plan_version, k.usage_plan_version, k.overrides, k.starts_on, k.ends_on
from billing_runs r join contracts k on k.customer_id = any(:customers::text[]) and run_bills_contract(r, k)
where r.run_id = :run_id
order by k.customer_id, k.starts_on;
