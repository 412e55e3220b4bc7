-- The next rows of an attempt in the byte order of the projects' names, written as [project, customer, quantity] of
-- canonical JSON with commas between; with the last project, after which the next page begins. No text when none is left.
select string_agg('[' || to_json(r.project_id) || ',' || coalesce(to_json(r.customer_id)::text, 'null') || ',"' || r.quantity || '"]', ',' order by r.project_id) as "text?",
  max(r.project_id) as "last?"
from (
  select project_id, customer_id, quantity from usage_staged
  where checkpoint_id = :checkpoint_id and project_id > :after::text collate "C"
  order by project_id
  limit :row_limit::int
) r;
