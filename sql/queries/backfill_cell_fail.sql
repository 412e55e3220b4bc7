-- Ends a cell that could not be read, with the named reason. No row means that it was taken over.
update backfill_cells set status = 'failed', failure_reason = :failure_reason, failure_detail = :failure_detail, lease_until = null
where backfill_id = :backfill_id and region = :region and source_id = :source_id and day = :day::date and fencing_token = :fencing_token and status = 'running'
returning day;
