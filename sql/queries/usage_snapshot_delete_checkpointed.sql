-- Removes the snapshots of a region whose day has a checkpoint by now: nothing provisional is left of it.
delete from usage_snapshots s
where s.region = :region and exists (
  select from checkpoints c where c.region = s.region and c.source_id = s.source_id and c.day = s.day and c.status = 'complete')
returning s.day;
