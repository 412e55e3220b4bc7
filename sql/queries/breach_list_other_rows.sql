-- Promise 18: checkpoints that are current or that a run rests on, whose rows are not as many, or do not add up to as much, as
-- when they were kept. Months that retention has dropped are left out: what it dropped stands in the audit log.
with wanted as (
  select c.checkpoint_id, c.region, c.source_id, c.day, c.revision, c.row_count, c.total
  from checkpoints c
  where c.status in ('complete', 'superseded') and to_regclass('usage_daily_' || to_char(c.day, 'YYYYMM')) is not null
    and (c.status = 'complete' or exists (select from run_checkpoints p where p.checkpoint_id = c.checkpoint_id))
), found as (
  select checkpoint_id, count(*) as rows, sum(quantity) as total from usage_daily group by checkpoint_id
)
select format('%s/%s/%s@%s', w.region, w.source_id, w.day, w.revision) as "place!",
  format('has %s rows, %s in all, and was kept with %s rows, %s', coalesce(f.rows, 0), trim_scale(coalesce(f.total, 0)), w.row_count, trim_scale(w.total)) as "what!"
from wanted w left join found f using (checkpoint_id)
where coalesce(f.rows, 0) <> w.row_count or coalesce(f.total, 0) <> w.total
order by 1
limit :most::int;
