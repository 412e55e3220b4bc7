-- Marks a shard that cannot be rated. No row means that it was rated meanwhile, or its run has a newer token.
update run_shards s set status = 'failed'
from billing_runs r
where s.run_id = :run_id and s.fencing_token = :fencing_token and s.shard = :shard and s.status = 'waiting'
  and r.run_id = s.run_id and r.fencing_token = s.fencing_token
returning s.shard;
