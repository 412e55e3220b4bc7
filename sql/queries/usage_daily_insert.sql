-- Writes a checkpoint's rows, each with who owned the project on that day; null for nobody.
insert into usage_daily (day, checkpoint_id, region, metric, project_id, customer_id, quantity)
select :day::date, :checkpoint_id::bigint, :region, :metric, r.project_id, r.customer_id, r.quantity
from unnest(:project_ids::text[], :customer_ids?::text[], :quantities::numeric[]) r (project_id, customer_id, quantity);
