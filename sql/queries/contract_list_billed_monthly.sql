-- The contracts of some customers that the monthly run of a period bills or would bill: in force on any of its days, and not billed by an off-cycle run.
select k.contract_id, k.customer_id, k.mode, k.legacy_plan_version, k.usage_plan_version, k.overrides, k.starts_on, k.ends_on
from contracts k
where k.customer_id = any(:customers::text[]) and k.status in ('active', 'ended')
  and k.starts_on < :to_day::date and (k.ends_on is null or (k.ends_on > :from_day::date and k.ends_on > k.starts_on))
  and not exists (select from billing_runs o where o.contract_id = k.contract_id and o.period = :period)
order by k.customer_id, k.starts_on;
