-- The contracts of some customers that are in force on any of the days, with their terms.
select contract_id, customer_id, mode, legacy_plan_version, usage_plan_version, overrides, starts_on, ends_on
from contracts
where customer_id = any(:customers::text[]) and status in ('active', 'ended')
  and starts_on < :to_day::date and (ends_on is null or (ends_on > :from_day::date and ends_on > starts_on))
order by customer_id, starts_on;
