-- The shards of a run under a token, in order.
select shard, status, cardinality(customers) as "customers!" from run_shards
where run_id = :run_id and fencing_token = :fencing_token
order by shard;
