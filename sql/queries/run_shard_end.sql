-- Marks a shard as rated.
update run_shards set status = 'rated'
where run_id = :run_id and fencing_token = :fencing_token and shard = :shard and status = 'waiting'
returning shard;
