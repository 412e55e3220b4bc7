-- A customer's usage in the latest snapshots of days that have neither a checkpoint nor a waiver yet, in the source's unit.
select s.region, s.source_id, s.metric, s.day, s.as_of as "as_of!", r.project_id, r.quantity
from usage_snapshots s
join usage_snapshot_rows r on r.region = s.region and r.source_id = s.source_id and r.day = s.day
where r.customer_id = :customer_id and s.day >= :from_day::date and s.day < :to_day::date and s.as_of is not null
  and not exists (select from checkpoints c where c.region = s.region and c.source_id = s.source_id and c.day = s.day and c.status = 'complete')
  and not exists (select from completeness_waivers w where w.region = s.region and w.source_id = s.source_id and w.day = s.day and w.status = 'approved')
order by s.metric, s.day, s.region, r.project_id;
