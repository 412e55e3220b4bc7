-- Adds up what each customer used, for the current checkpoints of a source that have not been added up. A repeat adds nothing.
insert into checkpoint_volumes (checkpoint_id, customer_id, quantity)
select c.checkpoint_id, u.customer_id, sum(u.quantity)
from checkpoints c
join usage_daily u on u.checkpoint_id = c.checkpoint_id and u.day = c.day
join customers k on k.customer_id = u.customer_id
where c.region = :region and c.source_id = :source_id and c.metric = :metric and c.status = 'complete'
  and c.day >= :from_day::date and c.day < :to_day::date
  and not exists (select from checkpoint_volumes v where v.checkpoint_id = c.checkpoint_id)
group by c.checkpoint_id, u.customer_id
on conflict do nothing;
