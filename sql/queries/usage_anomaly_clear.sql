-- Ends the open findings of a source and some days that the present checkpoints no longer show: those that are not in the JSON array.
update usage_anomalies a set status = 'cleared', ended_at = :ended_at, ended_by = :ended_by, why = 'the current checkpoint no longer shows it'
where a.region = :region and a.source_id = :source_id and a.day >= :from_day::date and a.day < :to_day::date and a.status = 'open'
  and a.kind = any(:kinds::text[]::usage_anomaly_kind[])
  and not exists (select from jsonb_to_recordset(:findings::jsonb) f (customer_id text, project_id text, day date, kind usage_anomaly_kind)
    where f.customer_id = a.customer_id and f.project_id is not distinct from a.project_id and f.day = a.day and f.kind = a.kind)
returning a.anomaly_id;
