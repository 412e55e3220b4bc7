-- Ends an attempt that could not be billed from, with the named reason. No row means that the attempt was fenced out.
update checkpoints set status = 'failed', failure_reason = :failure_reason, failure_detail = :failure_detail, evidence = :evidence, finished_at = :finished_at
where checkpoint_id = :checkpoint_id and status = 'running'
returning checkpoint_id;
