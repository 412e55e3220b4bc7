-- The backfills that have cells to be read, the oldest first.
select backfill_id from backfills where status = 'running' order by backfill_id;
