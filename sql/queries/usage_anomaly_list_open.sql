-- The open anomalies of some customers on some days, and whether the customer is billed by usage on the day: a fixed tier does not rest on it.
select a.anomaly_id, a.customer_id, a.region, a.source_id, a.metric, a.project_id, a.day, a.kind, a.quantity, a.baseline, a.baseline_days, a.checkpoint_id,
  exists (select from contracts k where k.customer_id = a.customer_id and k.mode = 'usage' and k.status in ('active', 'ended')
    and k.starts_on <= a.day and (k.ends_on is null or k.ends_on > a.day)) as "bills_usage!"
from usage_anomalies a
where a.status = 'open' and a.customer_id = any(:customers::text[]) and a.day >= :from_day::date and a.day < :to_day::date
order by a.customer_id, a.day, a.region, a.source_id, a.kind, a.project_id;
