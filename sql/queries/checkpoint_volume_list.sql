-- What each customer used in all of a source, over the days that have a current checkpoint and usage of the customer.
select v.customer_id, array_agg(c.day order by c.day)::text[] as "days!", array_agg(v.quantity::text order by c.day) as "quantities!"
from checkpoints c join checkpoint_volumes v on v.checkpoint_id = c.checkpoint_id
where c.region = :region and c.source_id = :source_id and c.metric = :metric and c.status = 'complete'
  and c.day >= :from_day::date and c.day < :to_day::date
group by v.customer_id
order by v.customer_id;
