-- The cells of a backfill with what became of them.
select region, source_id, day, status, revision_before, revision_after, failure_reason, failure_detail
from backfill_cells where backfill_id = :backfill_id order by region, source_id, day;
