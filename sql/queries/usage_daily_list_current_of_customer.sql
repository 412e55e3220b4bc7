-- A customer's usage rows in the current checkpoints, in the source's unit.
select u.region, u.metric, u.day, u.project_id, u.quantity
from checkpoints c
join usage_daily u on u.checkpoint_id = c.checkpoint_id and u.day = c.day
where c.status = 'complete' and c.day >= :from_day::date and c.day < :to_day::date
  and u.day >= :from_day::date and u.day < :to_day::date and u.customer_id = :customer_id
order by u.metric, u.day, u.region, u.project_id;
