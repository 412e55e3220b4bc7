-- Contracts with their customers' names, of one customer or all, in a mode or any, the latest first of each customer.
select k.contract_id, k.customer_id, c.name as customer_name, k.mode, k.status, k.starts_on, k.ends_on, k.author, k.approver,
  k.legacy_plan_version, l.plan as "legacy_plan?", k.usage_plan_version, u.plan as "usage_plan?", k.overrides
from contracts k join customers c using (customer_id)
left join plan_versions l on l.plan_version = k.legacy_plan_version
left join plan_versions u on u.plan_version = k.usage_plan_version
where (:customer_id?::text is null or k.customer_id = :customer_id?)
  and (:mode?::billing_mode is null or k.mode = :mode?)
order by k.customer_id, k.starts_on desc, k.contract_id;
