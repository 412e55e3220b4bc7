-- How many pinned rows each customer has, and under null how many belong to nobody.
select u.customer_id, count(*)::int as "rows!"
from run_checkpoints p
join usage_daily u on u.checkpoint_id = p.checkpoint_id and u.day >= :from_day::date and u.day < :to_day::date
where p.run_id = :run_id and p.fencing_token = :fencing_token
group by u.customer_id;
