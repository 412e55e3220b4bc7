-- Ends an attempt that found the same data as the current checkpoint. No row means that the attempt was fenced out.
update checkpoints set status = 'unchanged', digest = :digest, evidence = :evidence, finished_at = :finished_at
where checkpoint_id = :checkpoint_id and status = 'running'
returning checkpoint_id;
