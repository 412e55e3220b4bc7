-- Hands customers over to the latest rerating of a run once more, as one shard of their own; no row when there is none. The
-- caller holds the run's lock.
insert into rerating_shards (run_id, rerating, shard, customers, status)
select g.run_id, g.rerating, coalesce((select max(s.shard) + 1 from rerating_shards s where s.run_id = g.run_id and s.rerating = g.rerating), 0),
  :customers::text[], 'waiting'
from reratings g where g.run_id = :run_id order by g.rerating desc limit 1
returning rerating, shard;
