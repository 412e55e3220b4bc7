-- A person's word that the figure is right as it is. A trigger looks at the role; no row means that it is not open.
update usage_anomalies set status = 'released', ended_at = :ended_at, ended_by = :ended_by, why = :why
where anomaly_id = :anomaly_id and status = 'open'
returning customer_id, day;
