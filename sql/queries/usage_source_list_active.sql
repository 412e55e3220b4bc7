-- The sources that count in a region on a day, one per metric.
select s.source_id, s.version, s.metric, s.region, s.configuration, s.configuration_digest
from usage_sources s join regions r using (region)
where s.region = :region and s.active_from <= :day::date and (s.active_to is null or s.active_to > :day::date)
  and r.active_from <= :day::date and (r.active_to is null or r.active_to > :day::date)
order by s.source_id;
