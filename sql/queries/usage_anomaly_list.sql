-- The anomalies of a range of days with the names of customer and metric, the open ones first.
select a.anomaly_id, a.customer_id, c.name as customer_name, a.region, a.source_id, a.metric, m.unit, m.divisor, a.project_id, a.day, a.kind, a.status,
  a.quantity, a.baseline, a.baseline_days, a.checkpoint_id, a.found_at, a.ended_at, a.ended_by, a.why
from usage_anomalies a
join customers c on c.customer_id = a.customer_id
join metrics m on m.metric = a.metric
where a.day >= :from_day::date and a.day < :to_day::date and (:with_ended::boolean or a.status = 'open')
order by a.status, a.day, a.customer_id, a.region, a.source_id, a.kind, a.project_id;
