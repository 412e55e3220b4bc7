-- Fails an attempt that somebody began and left: from here on its writer is fenced out.
update checkpoints set status = 'failed', failure_reason = 'abandoned', failure_detail = 'a newer attempt took over', finished_at = :finished_at
where day = :day::date and region = :region and source_id = :source_id and status = 'running';
