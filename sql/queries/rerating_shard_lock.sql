-- A shard of a rerating with its run's token and days, the shard locked to the end of the transaction.
select s.customers, s.status, s.author, r.fencing_token, r.period, r.period_from, r.period_to
from rerating_shards s join billing_runs r using (run_id)
where s.run_id = :run_id and s.rerating = :rerating and s.shard = :shard
for update of s;
