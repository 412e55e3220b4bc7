-- A cell of the matrix as a waiver sees it: whether anything is required there, whether it is complete, and the waiver with its row locked.
select exists (select from usage_sources s join regions r on r.region = s.region and r.active_from <= :day::date and (r.active_to is null or r.active_to > :day::date)
    where s.region = :region and s.source_id = :source_id and s.active_from <= :day::date and (s.active_to is null or s.active_to > :day::date)) as "required!",
  exists (select from checkpoints c where c.region = :region and c.source_id = :source_id and c.day = :day::date and c.status = 'complete') as "complete!",
  w.status as "status?", w.author as "author?", w.approver as "approver?", w.why as "why?"
from (select 1) one
left join completeness_waivers w on w.region = :region and w.source_id = :source_id and w.day = :day::date;
