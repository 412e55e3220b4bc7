-- The regions that have usage on a day.
select region from regions
where active_from <= :day::date and (active_to is null or active_to > :day::date)
order by region;
