-- The backfill of a scope that is not done, if there is one.
select backfill_id, status from backfills
where from_day = :from_day::date and to_day = :to_day::date and region is not distinct from :region?::text and source_id is not distinct from :source_id?::text
  and status in ('proposed', 'running');
