-- Every cell that a range of days requires, with what there is: the current checkpoint, a waiver, or the last attempt.
select s.region as "region!", s.source_id as "source_id!", d.day::date as "day!",
  c.checkpoint_id as "checkpoint_id?", c.revision as "revision?", c.row_count as "row_count?", c.total as "total?",
  w.why as "waived_because?",
  a.status as "last_status?", a.failure_reason as "failure_reason?", a.failure_detail as "failure_detail?"
from generate_series(:from_day::date, :to_day::date - 1, interval '1 day') d (day)
join usage_sources s on s.active_from <= d.day and (s.active_to is null or s.active_to > d.day)
join regions r on r.region = s.region and r.active_from <= d.day and (r.active_to is null or r.active_to > d.day)
left join checkpoints c on c.day = d.day and c.region = s.region and c.source_id = s.source_id and c.status = 'complete'
left join completeness_waivers w on w.day = d.day and w.region = s.region and w.source_id = s.source_id
  and w.status = 'approved'
left join lateral (
  select status, failure_reason, failure_detail from checkpoints l
  where l.day = d.day and l.region = s.region and l.source_id = s.source_id and c.checkpoint_id is null
  order by l.checkpoint_id desc limit 1) a on true
order by s.region, s.source_id, d.day;
