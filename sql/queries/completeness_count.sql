-- How many cells a range of days requires, and how many of them have neither a current checkpoint nor a waiver.
select count(*)::int as "required!",
  (count(*) filter (where c.checkpoint_id is null and w.day is null))::int as "missing!"
from generate_series(:from_day::date, :to_day::date - 1, interval '1 day') d (day)
join usage_sources s on s.active_from <= d.day and (s.active_to is null or s.active_to > d.day)
join regions r on r.region = s.region and r.active_from <= d.day and (r.active_to is null or r.active_to > d.day)
left join checkpoints c on c.day = d.day and c.region = s.region and c.source_id = s.source_id and c.status = 'complete'
left join completeness_waivers w on w.day = d.day and w.region = s.region and w.source_id = s.source_id
  and w.status = 'approved';
