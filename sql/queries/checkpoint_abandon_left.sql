-- Fails attempts, at whatever cell, that began before an instant and never ended: their worker is gone, and what they
-- staged goes with them.
update checkpoints set status = 'failed', failure_reason = 'abandoned', failure_detail = 'its worker never came back', finished_at = :finished_at
where checkpoint_id in (select checkpoint_id from checkpoints where status = 'running' and started_at < :started_before for update skip locked);
