-- A shard with its run, the shard locked to the end of the transaction: two deliveries of one message cannot both rate it.
select s.customers, s.status, r.status as run_status, r.fencing_token as current_token, r.period, r.period_from, r.period_to, r.contract_id
from run_shards s join billing_runs r using (run_id)
where s.run_id = :run_id and s.fencing_token = :fencing_token and s.shard = :shard
for update of s;
