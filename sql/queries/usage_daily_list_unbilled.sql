-- Pinned usage that no customer of the run will be billed for: its project had no owner that day, or the owner has no
-- contract. Days that an off-cycle run bills are in its lines.
select u.project_id, u.metric, u.customer_id, count(*)::int as "rows!", sum(u.quantity) as "quantity!"
from billing_runs r
join run_checkpoints p on p.run_id = r.run_id and p.fencing_token = r.fencing_token
join usage_daily u on u.checkpoint_id = p.checkpoint_id and u.day >= r.period_from and u.day < r.period_to
where r.run_id = :run_id
  and (u.customer_id is null or u.customer_id <> all(:billable::text[]))
  and not exists (select from billing_runs o join contracts k on k.contract_id = o.contract_id
    where o.period = r.period and k.customer_id = u.customer_id and u.day >= o.period_from and u.day < o.period_to)
group by u.project_id, u.metric, u.customer_id
order by u.project_id, u.metric;
