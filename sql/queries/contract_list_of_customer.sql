-- The contracts of a customer, the newest first, with the names of their plans.
select k.contract_id, k.mode, k.status, k.starts_on, k.ends_on, k.overrides, k.author, k.approver, k.collection_method, k.days_until_due, k.tax,
  k.legacy_plan_version, l.plan as "legacy_plan?", k.usage_plan_version, u.plan as "usage_plan?"
from contracts k
left join plan_versions l on l.plan_version = k.legacy_plan_version
left join plan_versions u on u.plan_version = k.usage_plan_version
where k.customer_id = :customer_id
order by k.starts_on desc, k.contract_id;
