-- A shard with the latest rerating of its run, the shard locked to the end of the transaction.
select s.customers, s.status, r.fencing_token, r.period, r.period_from, r.period_to, l.rerating as "latest_rerating!", l.author as "author!"
from rerating_shards s join billing_runs r using (run_id)
join lateral (select rerating, author from reratings g where g.run_id = s.run_id order by g.rerating desc limit 1) l on true
where s.run_id = :run_id and s.rerating = :rerating and s.shard = :shard
for update of s;
