-- Rejects a proposed backfill, or takes it back. No row means that none is proposed.
update backfills set status = 'rejected', ended_at = :ended_at where backfill_id = :backfill_id and status = 'proposed'
returning backfill_id;
