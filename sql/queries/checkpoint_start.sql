-- Begins an attempt. The caller holds the cell's lock and has failed any older attempt.
insert into checkpoints (region, source_id, source_version, metric, day, status, started_at)
values (:region, :source_id, :source_version, :metric, :day::date, 'running', :started_at)
returning checkpoint_id;
