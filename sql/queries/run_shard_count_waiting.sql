-- How many shards of a run are not rated yet.
select count(*)::int as "waiting!" from run_shards where run_id = :run_id and fencing_token = :fencing_token and status <> 'rated';
