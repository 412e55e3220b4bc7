-- Keeps findings, from a JSON array, in one statement. One that is known keeps its id: an open one takes the new figures, a
-- cleared one is open again, and a released one only when the figures that a person has judged are others now. Says of each
-- whether it was not open before: what the statement reads is what was there when it began.
insert into usage_anomalies as a (customer_id, region, source_id, metric, project_id, day, kind, status, quantity, baseline, baseline_days, checkpoint_id, found_at)
select f.customer_id, :region, :source_id, :metric, f.project_id, f.day, f.kind, 'open', f.quantity, f.baseline, f.baseline_days, f.checkpoint_id, :found_at
from jsonb_to_recordset(:findings::jsonb) f (customer_id text, project_id text, day date, kind usage_anomaly_kind, quantity text, baseline text, baseline_days int, checkpoint_id bigint)
on conflict on constraint one_finding_per_figure do update
set status = 'open', metric = excluded.metric, quantity = excluded.quantity, baseline = excluded.baseline, baseline_days = excluded.baseline_days,
  checkpoint_id = excluded.checkpoint_id,
  found_at = case when a.status = 'open' then a.found_at else excluded.found_at end,
  ended_at = null, ended_by = null, why = null
where a.status <> 'released' or a.quantity <> excluded.quantity
  or (excluded.kind = 'project_vanished' and a.baseline <> excluded.baseline)
returning a.anomaly_id, a.customer_id,
  not exists (select from usage_anomalies b where b.anomaly_id = a.anomaly_id and b.status = 'open') as "is_new!";
