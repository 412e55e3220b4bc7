-- Projects with usage on one day and no row at all on the next, which still belong to the same customer; by days of the current checkpoints.
select d.day, d.checkpoint_id, u.customer_id as "customer_id!", u.project_id, u.quantity
from checkpoints d
join checkpoints b on b.region = d.region and b.source_id = d.source_id and b.metric = d.metric and b.day = d.day - 1 and b.status = 'complete'
join usage_daily u on u.checkpoint_id = b.checkpoint_id and u.day = b.day and u.quantity > 0
join project_ownerships o on o.project_id = u.project_id and o.customer_id = u.customer_id
  and o.owned_from <= d.day and (o.owned_to is null or o.owned_to > d.day)
where d.region = :region and d.source_id = :source_id and d.metric = :metric and d.status = 'complete'
  and d.day >= :from_day::date and d.day < :to_day::date
  and not exists (select from usage_daily n where n.checkpoint_id = d.checkpoint_id and n.day = d.day and n.project_id = u.project_id)
order by d.day, u.project_id;
