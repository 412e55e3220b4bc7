-- Every correction of a contract's terms, the latest period first.
select period, number, legacy_plan_version, usage_plan_version, overrides, status, author, approver, why, error_count, drafted_at
from term_corrections where contract_id = :contract_id order by period desc, number desc;
