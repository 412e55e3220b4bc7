-- Project by project, what some customers used of a source up to a day, each with its own day; only of projects that still belong to
-- them on that day, so that a project that was given up is not missed.
select k.customer_id as "customer_id!", k.judged_day as "judged_day!", u.project_id, array_agg(u.day order by u.day)::text[] as "days!",
  array_agg(u.quantity::text order by u.day) as "quantities!"
from unnest(:customers::text[], :judged_days::date[]) k (customer_id, judged_day)
join project_ownerships o on o.customer_id = k.customer_id and o.owned_from <= k.judged_day and (o.owned_to is null or o.owned_to > k.judged_day)
join checkpoints c on c.region = :region and c.source_id = :source_id and c.metric = :metric and c.status = 'complete'
  and c.day >= k.judged_day - :window_days::int and c.day <= k.judged_day
join usage_daily u on u.day = c.day and u.checkpoint_id = c.checkpoint_id and u.project_id = o.project_id and u.customer_id = k.customer_id
group by k.customer_id, k.judged_day, u.project_id
order by k.customer_id, k.judged_day, u.project_id;
