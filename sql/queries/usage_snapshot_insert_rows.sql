-- Writes a reading's rows, each with who owns the project on that day.
insert into usage_snapshot_rows (region, source_id, day, project_id, customer_id, quantity)
select :region, :source_id, :day::date, r.project_id, o.customer_id, r.quantity
from unnest(:project_ids::text[], :quantities::numeric[]) r (project_id, quantity)
left join project_ownerships o on o.project_id = r.project_id and o.owned_from <= :day::date and (o.owned_to is null or o.owned_to > :day::date);
