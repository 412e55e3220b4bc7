-- Prolongs a lease. No row means that the cell was taken over.
update backfill_cells set lease_until = :lease_until
where backfill_id = :backfill_id and region = :region and source_id = :source_id and day = :day::date and fencing_token = :fencing_token and status = 'running'
returning day;
