-- The sources of a metric, in every region, that count on a day or after it.
select source_id, region, configuration, active_from, active_to from usage_sources
where metric = :metric and (active_to is null or active_to > :day::date)
order by region, source_id, version;
