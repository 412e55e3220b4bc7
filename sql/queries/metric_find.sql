-- One metric.
select metric, title, unit, rollup, divisor from metrics where metric = :metric;
