-- A backfill with how far it has come.
select b.backfill_id, b.from_day, b.to_day, b.region, b.source_id, b.status, b.author, b.approver, b.why, b.opened_at, b.ended_at,
  count(c.day)::int as "cells!",
  (count(*) filter (where c.status = 'changed'))::int as "changed!", (count(*) filter (where c.status = 'unchanged'))::int as "unchanged!",
  (count(*) filter (where c.status = 'failed'))::int as "failed!", (count(*) filter (where c.status = 'running'))::int as "running!",
  min(c.lease_until) as "next_lease_end?"
from backfills b left join backfill_cells c using (backfill_id)
where b.backfill_id = :backfill_id
group by b.backfill_id;
