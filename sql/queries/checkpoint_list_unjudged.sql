-- The current checkpoints of some days whose figures have not been judged, by source, with the days that they are of.
select c.region, c.source_id, c.metric, min(c.day) as "first_day!", max(c.day) as "last_day!", array_agg(c.checkpoint_id order by c.checkpoint_id) as "checkpoint_ids!"
from checkpoints c
where c.status = 'complete' and c.day >= :from_day::date and c.day < :to_day::date
  and not exists (select from checkpoint_judgements j where j.checkpoint_id = c.checkpoint_id)
group by c.region, c.source_id, c.metric
order by c.region, c.source_id, c.metric;
