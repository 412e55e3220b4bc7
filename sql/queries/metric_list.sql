-- All metrics by name.
select metric, title, unit, rollup, divisor from metrics order by metric;
