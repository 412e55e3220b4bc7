-- Every cell that the days require, with its current checkpoint, its waiver, or its latest snapshot.
select s.region, s.source_id, s.metric, d.day::date as "day!", c.checkpoint_id as "checkpoint_id?", c.revision as "revision?",
  w.why as "waived_because?", n.as_of as "as_of?", n.failure_reason as "failure_reason?"
from usage_sources s
join regions r using (region)
cross join lateral generate_series(
  greatest(:from_day::date, s.active_from, r.active_from),
  least(:to_day::date, s.active_to, r.active_to) - 1, interval '1 day') d (day)
left join checkpoints c on c.region = s.region and c.source_id = s.source_id and c.day = d.day::date and c.status = 'complete'
left join completeness_waivers w on w.region = s.region and w.source_id = s.source_id and w.day = d.day::date and w.status = 'approved'
left join usage_snapshots n on n.region = s.region and n.source_id = s.source_id and n.day = d.day::date
order by s.metric, d.day, s.region, s.source_id;
