-- Some contracts with their terms, by id.
select contract_id, mode, usage_plan_version, overrides from contracts
where contract_id = any(:contract_ids::text[])
order by contract_id;
