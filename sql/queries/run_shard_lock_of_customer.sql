-- The shards that rate a customer's day, locked to the end of the transaction: a rating that is under way ends first, and
-- one that comes later sees what is decided meanwhile.
select s.run_id, s.shard
from run_shards s join billing_runs r using (run_id, fencing_token)
where :customer_id = any (s.customers) and :day >= r.period_from and :day < r.period_to
order by s.run_id, s.shard
for update of s;
