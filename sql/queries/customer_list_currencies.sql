-- The currencies that a customer is billed in: of its contracts' plans and of its live invoices.
select distinct currency as "currency!" from (
  select v.currency from contracts k join plan_versions v on v.plan_version in (k.legacy_plan_version, k.usage_plan_version)
  where k.customer_id = :customer_id and k.status in ('approved', 'active')
  union all
  select i.currency from invoices i where i.customer_id = :customer_id and i.status not in ('void', 'superseded')) c
order by 1;
