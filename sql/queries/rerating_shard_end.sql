-- Marks a shard as compared.
update rerating_shards set status = 'compared'
where run_id = :run_id and rerating = :rerating and shard = :shard and status = 'waiting'
returning shard;
