-- The open anomalies of some customers on some days.
select anomaly_id, customer_id, region, source_id, metric, project_id, day, kind, quantity, baseline, baseline_days, checkpoint_id
from usage_anomalies
where status = 'open' and customer_id = any(:customers::text[]) and day >= :from_day::date and day < :to_day::date
order by customer_id, day, region, source_id, kind, project_id;
