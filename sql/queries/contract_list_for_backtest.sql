-- The contracts that a version of the plan bills, or those of the customers that are named, with days in the range.
select c.contract_id, c.customer_id, c.mode, c.legacy_plan_version, l.plan as "legacy_plan?", c.usage_plan_version, u.plan as "usage_plan?",
  c.overrides, c.starts_on, c.ends_on
from contracts c
left join plan_versions l on l.plan_version = c.legacy_plan_version
left join plan_versions u on u.plan_version = c.usage_plan_version
where c.status <> 'draft'
  and c.starts_on < :to_day::date and (c.ends_on is null or (c.ends_on > :from_day::date and c.ends_on > c.starts_on))
  and case when cardinality(:customers::text[]) = 0 then :plan in (l.plan, u.plan) else c.customer_id = any(:customers::text[]) end
order by c.customer_id, c.starts_on;
