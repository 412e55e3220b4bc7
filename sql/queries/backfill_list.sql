-- The latest backfills that touch a range of days, with how far they have come.
select b.backfill_id, b.from_day, b.to_day, b.region, b.source_id, b.status, b.author, b.approver, b.why, b.opened_at, b.ended_at,
  count(c.day)::int as "cells!",
  (count(*) filter (where c.status = 'changed'))::int as "changed!", (count(*) filter (where c.status = 'unchanged'))::int as "unchanged!",
  (count(*) filter (where c.status = 'failed'))::int as "failed!"
from backfills b left join backfill_cells c using (backfill_id)
where b.from_day < :to_day::date and b.to_day > :from_day::date
group by b.backfill_id
order by b.backfill_id desc limit :most::int;
