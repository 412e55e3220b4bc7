-- One anomaly as it stands.
select anomaly_id, customer_id, region, source_id, metric, project_id, day, kind, status from usage_anomalies where anomaly_id = :anomaly_id;
