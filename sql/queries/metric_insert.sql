-- Adds a metric; nothing when the name exists.
insert into metrics (metric, title, unit, rollup, divisor)
values (:metric, :title, :unit, :rollup, :divisor)
on conflict (metric) do nothing
returning metric;
