-- Every month, with the step that retention has for it at an instant, and what keeps it from the next one.
select r.month as "month!", r.status as "status!", r.step as "step!", r.blockers as "blockers!", r.kept_until as "kept_until!",
  p.row_count as "row_count?", p.totals as "totals?", p.digest as "digest?", p.sealed_at as "sealed_at?", p.detached_at as "detached_at?", p.dropped_at as "dropped_at?"
from retention_plan(:at::timestamptz) r left join usage_partitions p using (month)
order by r.month;
