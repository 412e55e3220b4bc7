-- One contract with its terms.
select contract_id, customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, ends_on, status, author, approver,
  diagnostics, error_count, acknowledged, collection_method, days_until_due, tax
from contracts where contract_id = :contract_id;
