-- The usage of many customers in one answer: a row per current checkpoint, with [customer, project, quantity] triples as
-- JSON; projects are added up, exactly, under an empty name unless they are asked for.
-- A checkpoint's rows lie together, so that each is grouped by itself in memory.
select c.day, c.metric, c.region, r.usage
from checkpoints c
cross join lateral (
  select json_agg(json_build_array(g.customer_id, g.project, g.quantity::text))::text as usage
  from (
    select u.customer_id, case when :by_project::boolean then u.project_id else '' end as project, sum(u.quantity) as quantity
    from usage_daily u
    where u.day = c.day and u.checkpoint_id = c.checkpoint_id and u.customer_id in (select unnest(:customers::text[]))
    group by 1, 2
  ) g
) r
where c.status = 'complete' and c.day >= :from_day::date and c.day < :to_day::date and c.metric = any(:metrics::text[])
  and r.usage is not null
order by c.day, c.metric, c.region;
