-- Notes that a source gave no figure; the last good one stays, with its own time.
insert into usage_snapshots (region, source_id, day, source_version, metric, tried_for, failure_reason, failure_detail)
select :region, :source_id, :day::date, :source_version::int, :metric, :tried_for::timestamptz, :failure_reason, :failure_detail
where not exists (select from checkpoints c where c.region = :region and c.source_id = :source_id and c.day = :day::date and c.status = 'complete')
on conflict (region, source_id, day) do update
set tried_for = excluded.tried_for, failure_reason = excluded.failure_reason, failure_detail = excluded.failure_detail
where usage_snapshots.tried_for < excluded.tried_for
returning day;
