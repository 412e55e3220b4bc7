-- Makes a reading the latest of its day, unless a later one was kept or a checkpoint has come: no row then, and nothing is to be written.
insert into usage_snapshots (region, source_id, day, source_version, metric, as_of, row_count, tried_for)
select :region, :source_id, :day::date, :source_version::int, :metric, :as_of::timestamptz, :row_count::int, :as_of::timestamptz
where not exists (select from checkpoints c where c.region = :region and c.source_id = :source_id and c.day = :day::date and c.status = 'complete')
on conflict (region, source_id, day) do update
set source_version = excluded.source_version, metric = excluded.metric, as_of = excluded.as_of, row_count = excluded.row_count,
  tried_for = greatest(usage_snapshots.tried_for, excluded.tried_for), failure_reason = null, failure_detail = null
where usage_snapshots.as_of is null or usage_snapshots.as_of < excluded.as_of
returning day;
