-- Pinned usage that no customer of the run will be billed for: its project had no owner that day, or the owner has no contract.
select u.project_id, u.metric, u.customer_id, count(*)::int as "rows!", sum(u.quantity) as "quantity!"
from run_checkpoints p
join usage_daily u on u.checkpoint_id = p.checkpoint_id and u.day >= :from_day::date and u.day < :to_day::date
where p.run_id = :run_id and p.fencing_token = :fencing_token
  and (u.customer_id is null or u.customer_id <> all(:billable::text[]))
group by u.project_id, u.metric, u.customer_id
order by u.project_id, u.metric;
