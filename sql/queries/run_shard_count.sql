-- How many shards a run has under a token, and how many of them are not rated yet or failed.
select count(*)::int as "shards!", (count(*) filter (where status = 'waiting'))::int as "waiting!", (count(*) filter (where status = 'failed'))::int as "failed!"
from run_shards where run_id = :run_id and fencing_token = :fencing_token;
