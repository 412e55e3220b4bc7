-- How far a run has come: what it rests on, and its shards under the current token.
select
  (select count(*)::int from run_checkpoints p where p.run_id = r.run_id and p.fencing_token = r.fencing_token) as "pinned_checkpoints!",
  (select count(*)::int from run_shards s where s.run_id = r.run_id and s.fencing_token = r.fencing_token) as "shards!",
  (select count(*)::int from run_shards s where s.run_id = r.run_id and s.fencing_token = r.fencing_token and s.status = 'rated') as "rated_shards!",
  (select count(*)::int from run_shards s where s.run_id = r.run_id and s.fencing_token = r.fencing_token and s.status = 'failed') as "failed_shards!"
from billing_runs r
where r.run_id = :run_id;
