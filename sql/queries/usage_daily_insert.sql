-- Writes a checkpoint's rows, each with who owned the project on that day. Unowned usage is kept, with no customer.
insert into usage_daily (day, checkpoint_id, region, metric, project_id, customer_id, quantity)
select :day::date, :checkpoint_id::bigint, :region, :metric, r.project_id, o.customer_id, r.quantity
from unnest(:project_ids::text[], :quantities::numeric[]) r (project_id, quantity)
left join project_ownerships o
  on o.project_id = r.project_id and o.owned_from <= :day::date and (o.owned_to is null or o.owned_to > :day::date);
