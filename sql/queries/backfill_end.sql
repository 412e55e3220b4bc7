-- Ends a running backfill that has no cell left to read. No row means that there is one, or that it was ended before.
update backfills b set ended_at = :ended_at,
  status = case when exists (select from backfill_cells c where c.backfill_id = b.backfill_id and c.status = 'failed') then 'failed' else 'complete' end::backfill_status
where b.backfill_id = :backfill_id and b.status = 'running'
  and not exists (select from backfill_cells c where c.backfill_id = b.backfill_id and c.status in ('waiting', 'running'))
returning b.status;
