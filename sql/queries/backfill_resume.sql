-- Takes up a backfill that ended with failures, and lets its failed cells wait again. No row means that it did not end so.
with resumed as (
  update backfills set status = 'running', ended_at = null where backfill_id = :backfill_id and status = 'failed' returning backfill_id
)
update backfill_cells c set status = 'waiting', failure_reason = null, failure_detail = null
from resumed r where c.backfill_id = r.backfill_id and c.status = 'failed'
returning c.day;
