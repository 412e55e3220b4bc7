-- Locks an attempt that may still write; no row when it was fenced out.
select checkpoint_id from checkpoints where checkpoint_id = :checkpoint_id and status = 'running' for update;
