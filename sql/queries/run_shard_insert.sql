-- One shard of a run's customers, to be rated in one transaction.
insert into run_shards (run_id, fencing_token, shard, customers, status)
values (:run_id, :fencing_token, :shard, :customers, 'waiting')
on conflict do nothing;
