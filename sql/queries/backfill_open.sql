-- Opens a backfill. No row means that one of the same scope is not done yet.
insert into backfills (from_day, to_day, region, source_id, status, author, why, opened_at)
values (:from_day::date, :to_day::date, :region?, :source_id?, :status, :author, :why, :opened_at)
on conflict do nothing
returning backfill_id;
