-- A customer's usage by metric and day in the current checkpoints, in the source's unit.
select u.metric, u.day, sum(u.quantity) as "quantity!"
from usage_daily u
join checkpoints c on c.checkpoint_id = u.checkpoint_id and c.status = 'complete'
where u.customer_id = :customer_id and u.day >= :from_day::date and u.day < :to_day::date
group by u.metric, u.day
order by u.metric, u.day;
