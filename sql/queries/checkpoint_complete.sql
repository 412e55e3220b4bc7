-- Ends an attempt with its figures. No row means that the attempt was fenced out in the meantime.
update checkpoints
set status = 'complete', revision = :revision, row_count = :row_count, total = :total::numeric, digest = :digest, evidence = :evidence, finished_at = :finished_at
where checkpoint_id = :checkpoint_id and status = 'running'
returning checkpoint_id;
