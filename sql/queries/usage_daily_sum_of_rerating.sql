-- What some customers used, by project, metric and day, in the checkpoints that a rerating rests on: regions added up
-- exactly, with the number of rows in each sum.
select u.customer_id as "customer_id!", u.project_id, u.metric, u.day, sum(u.quantity) as "quantity!", count(*)::int as "rows!"
from rerating_checkpoints p
join usage_daily u on u.checkpoint_id = p.checkpoint_id and u.day >= :from_day::date and u.day < :to_day::date
where p.run_id = :run_id and p.rerating = :rerating and u.customer_id = any(:customers::text[])
group by u.customer_id, u.project_id, u.metric, u.day;
