-- Adds a region; nothing when the name exists.
insert into regions (region, bigquery_location, active_from)
values (:region, :bigquery_location, :active_from)
on conflict (region) do nothing
returning region;
