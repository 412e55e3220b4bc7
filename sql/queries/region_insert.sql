-- Adds a region; nothing when the name exists.
insert into regions (region, active_from)
values (:region, :active_from)
on conflict (region) do nothing
returning region;
