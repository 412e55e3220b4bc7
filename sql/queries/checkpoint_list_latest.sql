-- For every source that is active somewhere: the last day with a current checkpoint, when it was made, and the cell's revision.
select s.region, s.source_id, c.day as "day?", c.revision as "revision?", c.finished_at as "finished_at?"
from (select distinct region, source_id from usage_sources where active_to is null or active_to > :day::date) s
left join lateral (
  select day, revision, finished_at from checkpoints l
  where l.region = s.region and l.source_id = s.source_id and l.status = 'complete'
  order by l.day desc limit 1) c on true
order by s.region, s.source_id;
