-- The contracts that name a plan version.
select contract_id, customer_id, mode, status, starts_on, ends_on from contracts
where legacy_plan_version = :plan_version or usage_plan_version = :plan_version
order by contract_id;
