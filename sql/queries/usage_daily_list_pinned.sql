-- The rows of a shard's customers in the checkpoints that the run rests on.
select u.customer_id as "customer_id!", u.project_id, u.region, u.metric, u.day, u.quantity
from run_checkpoints p
join usage_daily u on u.checkpoint_id = p.checkpoint_id and u.day >= :from_day::date and u.day < :to_day::date
where p.run_id = :run_id and p.fencing_token = :fencing_token and u.customer_id = any(:customers::text[])
order by u.customer_id, u.metric, u.project_id, u.region, u.day;
