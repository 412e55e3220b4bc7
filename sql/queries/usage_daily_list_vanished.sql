-- Projects with usage on one day and no row at all on the next, which still belong to the same customer; by days of the current
-- checkpoints. The rows are read once, by the bounds of their days: a look-up for each row would be most of the judging.
with current_checkpoints as (
  select checkpoint_id, day from checkpoints
  where region = :region and source_id = :source_id and metric = :metric and status = 'complete'
    and day >= :from_day::date - 1 and day < :to_day::date
), used as materialized (
  select u.day, u.project_id, u.customer_id, u.quantity
  from usage_daily u join current_checkpoints c using (checkpoint_id, day)
  where u.day >= :from_day::date - 1 and u.day < :to_day::date
)
select d.day, d.checkpoint_id, u.customer_id as "customer_id!", u.project_id, u.quantity
from used u
join current_checkpoints d on d.day = u.day + 1
join project_ownerships o on o.project_id = u.project_id and o.customer_id = u.customer_id
  and o.owned_from <= d.day and (o.owned_to is null or o.owned_to > d.day)
where u.quantity > 0
  and not exists (select from used n where n.day = d.day and n.project_id = u.project_id)
order by d.day, u.project_id;
