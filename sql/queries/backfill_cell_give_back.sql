-- Lets a cell wait again whose attempt another attempt has overtaken.
update backfill_cells set status = 'waiting', lease_until = null
where backfill_id = :backfill_id and region = :region and source_id = :source_id and day = :day::date and fencing_token = :fencing_token and status = 'running'
returning day;
