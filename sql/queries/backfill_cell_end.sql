-- Ends a cell that was read: changed when there is another revision than at the first claim. No row means that it was taken over.
update backfill_cells c
set status = case when k.revision is distinct from c.revision_before then 'changed' else 'unchanged' end::backfill_cell_status,
  revision_after = k.revision, lease_until = null
from checkpoints k
where c.backfill_id = :backfill_id and c.region = :region and c.source_id = :source_id and c.day = :day::date and c.fencing_token = :fencing_token and c.status = 'running'
  and k.day = c.day and k.region = c.region and k.source_id = c.source_id and k.status = 'complete'
returning c.status as "status!", c.revision_before, c.revision_after as "revision_after!";
