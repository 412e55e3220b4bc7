-- Puts failed shards of a run's current token back to waiting: all of them, or one.
update run_shards s set status = 'waiting'
from billing_runs r
where r.run_id = :run_id and s.run_id = r.run_id and s.fencing_token = r.fencing_token and s.status = 'failed'
  and (:shard?::int is null or s.shard = :shard?)
returning s.shard, s.fencing_token;
