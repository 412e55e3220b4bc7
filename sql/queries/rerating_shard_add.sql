-- Adds a shard to the latest rerating of a run: customers that are to be compared again though its inputs are the same. No
-- row when the run was never rated anew. The caller holds the run's lock.
insert into rerating_shards (run_id, rerating, shard, customers, status, author)
select g.run_id, g.rerating, coalesce((select max(s.shard) + 1 from rerating_shards s where s.run_id = g.run_id and s.rerating = g.rerating), 0),
  :customers::text[], 'waiting', :author
from reratings g where g.run_id = :run_id order by g.rerating desc limit 1
returning rerating, shard;
